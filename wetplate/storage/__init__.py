"""Bytes and rows. Knows no images: keys, digests, tables, transactions and events only."""
