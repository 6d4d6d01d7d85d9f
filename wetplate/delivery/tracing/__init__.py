"""Traces: what one request waited for. Off, and then free, unless somebody collects them."""
