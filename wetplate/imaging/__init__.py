"""Pixels: decoding and encoding, comparing, fingerprints. Knows no lifecycle."""
