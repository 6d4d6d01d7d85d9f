"""What a picture is in memory. Here: the type and its check. Not here: where it comes from."""

import numpy as np
from numpy.typing import NDArray

from wetplate.errors import ImageError

Pixels = NDArray[np.uint8]


def checked(pixels: Pixels) -> Pixels:
    """The array itself, if it is (H, W, 3|4) 8-bit with at least one pixel. Raises ImageError."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or not pixels.size:
        raise ImageError(f"expected (height, width, 3 or 4) uint8 pixels, got {pixels.shape} {pixels.dtype}")
    return pixels


def transparent(pixels: Pixels) -> bool:
    """Whether any pixel lets something shine through."""
    return pixels.shape[2] == 4 and bool((pixels[..., 3] < 255).any())


def opaque(pixels: Pixels) -> Pixels:
    """(H, W, 3): the colours without alpha; a picture that is not opaque is laid on white."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return np.rint(pixels[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
