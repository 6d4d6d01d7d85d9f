"""Retention: what is kept apart, for how long, under which hold, and how it is erased."""
