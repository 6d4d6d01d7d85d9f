"""Notices at the origin: how strangers hand one in, and how a decision reaches every cache."""
