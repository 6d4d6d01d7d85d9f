"""Attestation: what we vouch for with a key of ours, checkable by whoever holds the public half."""
