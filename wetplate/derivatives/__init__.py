"""Derivatives: the resized, re-encoded, signed files that may leave, by profile."""
