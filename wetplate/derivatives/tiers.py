"""The two tiers of a transform: how a file is coded while somebody waits, and how afterwards. Pure.

Measured (2026-11; four pictures of 320, 640 and 1024 px; our SSIMULACRA2): `standard` gives 75 to 78 in the
mean, `low` about 70, `high` 81 to 84; at 320 px some points less. CPU of the fast tier at 640 px: AVIF 16 ms,
WebP 11, JPEG 4. At that size neither SVT-AV1 nor other settings of aom are faster at an equal score.
WebP at method 4 takes twice the CPU of method 2 for the same bytes at an equal score.
"""

from typing import Final

from wetplate.derivatives.transform import Transform
from wetplate.imaging.encode import PNG, SVT_FROM, Encoding

FAST: Final = "fast"
PRODUCTION: Final = "production"

#: What the production tier looks for, as SSIMULACRA2.
TARGETS: Final = {"low": 70.0, "standard": 77.0, "high": 84.0}

#: Of the fast tier; AVIF has two encoders with scales of their own.
_AOM: Final = {"low": 50, "standard": 60, "high": 75}
_SVT: Final = {"low": 60, "standard": 72, "high": 86}
_WEBP: Final = {"low": 72, "standard": 82, "high": 90}
_JPEG: Final = {"low": 60, "standard": 76, "high": 88}


def fast(transform: Transform, width: int) -> Encoding:
    """How to code the transform while somebody waits; `width` is that of the result."""
    name = transform.quality
    match transform.format:
        case "avif":
            return (
                Encoding("avif", _SVT[name]) if width >= SVT_FROM else Encoding("avif", _AOM[name], effort=9)
            )
        case "webp":
            return Encoding("webp", _WEBP[name], effort=2)
        case "jpeg":
            return Encoding("jpeg", _JPEG[name])
    return Encoding("png", lossless=True, effort=2)


def production(transform: Transform) -> Encoding:
    """How to code it afterwards; the quality is where the search for the target begins."""
    name = transform.quality
    match transform.format:
        case "avif":
            return Encoding("avif", _AOM[name], effort=6, coder="aom")
        case "webp":
            return Encoding("webp", _WEBP[name], effort=2)
        case "jpeg":
            return Encoding("jpeg", _JPEG[name])
    return PNG
