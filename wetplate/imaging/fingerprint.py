"""What tells a picture apart from others: exactly (pixel digest) and nearly (perceptual hash).

The perceptual hash is the usual 64-bit DCT hash: luminance at 32 × 32, its 8 × 8 lowest frequencies, each bit
tells whether one lies above their median. `imagehash` gives the same kind of hash, but brings SciPy and
PyWavelets (45 MB) into every process for these few lines.
"""

import hashlib

import numpy as np
from PIL import Image

from wetplate.imaging.pixels import Pixels, checked, opaque

SIDE = 32
BITS = 8


def pixel_sha256(pixels: Pixels) -> str:
    """SHA-256 over `<width>x<height>x<channels>` and the samples; equal for equal pictures."""
    height, width, channels = checked(pixels).shape
    digest = hashlib.sha256(f"{width}x{height}x{channels}\n".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def phash(pixels: Pixels) -> str:
    """64-bit perceptual hash, 16 hex digits."""
    grey = Image.fromarray(opaque(checked(pixels))).convert("L")
    small = np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.float64)
    low = (_DCT @ small @ _DCT.T)[:BITS, :BITS].ravel()
    bits = low > np.median(low[1:])  # the first is mean brightness, far above all others
    return f"{int(''.join('01'[bit] for bit in bits.astype(int)), 2):016x}"


def distance(one: str, other: str) -> int:
    """How many of the 64 bits differ (Hamming); under about 10 the pictures look alike."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _dct(size: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The DCT-II as a matrix (rows are frequencies), unscaled."""
    rows, columns = np.mgrid[0:size, 0:size]
    matrix: np.ndarray[tuple[int, int], np.dtype[np.float64]] = np.cos(np.pi / size * (columns + 0.5) * rows)
    return matrix


_DCT = _dct(SIDE)
