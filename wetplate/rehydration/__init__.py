"""Rehydration: a family's pictures come back from a model that learnt to recall them."""
