"""Transforms on demand: a picture made while somebody waits, in a process that can be killed."""
