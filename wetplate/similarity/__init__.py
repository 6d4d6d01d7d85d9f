"""Similarity: which pictures are the same to the eye, and which must not come back."""
