"""Bytes to pixels and back: the two doors of this room under one name.

Here: nothing but the names. Not here: how reading (`decode`) and writing (`encode`) go about it.
"""

from wetplate.imaging.decode import decode, size
from wetplate.imaging.encode import PNG, Encoding, encode
from wetplate.imaging.formats import EXTENSIONS, MEDIA_TYPES, sniff
from wetplate.imaging.limits import LIMITS, Limits

__all__ = [
    "EXTENSIONS",
    "LIMITS",
    "MEDIA_TYPES",
    "PNG",
    "Encoding",
    "Limits",
    "decode",
    "encode",
    "size",
    "sniff",
]
