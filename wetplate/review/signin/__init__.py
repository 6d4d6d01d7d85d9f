"""Signing in: with a password, or at an OpenID provider."""
