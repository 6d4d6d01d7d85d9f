"""Purging: what may no longer be served is forgotten by every cache that holds it."""
