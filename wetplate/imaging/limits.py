"""How much one picture may take. Here: the value. Not here: who asks (`container`, `decode`, `thumbnail`)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much one picture may take: bytes of the file, pixels, pixels of the longer side, JPEG scans."""

    size: int = 64 * 2**20
    pixels: int = 50_000_000
    side: int = 16_384
    scans: int = 100


LIMITS = Limits()
