"""Provenance: where an image comes from, under which licence, and the signed claim that travels with it."""
