"""Drawing a transform: pixels of the untrusted file, laid out as the transform says, and coded.

Here: what both tiers do alike. Not here: where it runs (a killable process while somebody waits, a Dagster op
afterwards), in which quality (`tiers`), what is kept (`ondemand`, `refine`). No database, no network.

Rules:
1. A canvas around a picture is clear where the picture lets something shine through; else it has the colour
   that most of the picture's rim has, so that a studio ground goes on to the edge.
2. JPEG knows no alpha: what shines through is laid on white.
3. A file that would carry more than pixels and the packet is not given out.
"""

from pathlib import Path

import numpy as np

from wetplate.derivatives.geometry import Box, Layout
from wetplate.derivatives.transform import Shape, Transform, layout
from wetplate.errors import DerivativeError
from wetplate.imaging.chunks import foreign
from wetplate.imaging.encode import Encoding, encode
from wetplate.imaging.limits import Limits
from wetplate.imaging.pixels import Pixels, opaque
from wetplate.imaging.placeholder import dominant
from wetplate.imaging.thumbnail import thumbnail

#: More than `decode` allows: libvips reads lines, and what must be whole in memory meets the process's cap.
LIMITS = Limits(pixels=100_000_000)


def drawn(file: Path, transform: Transform, limits: Limits = LIMITS) -> Pixels:
    """The pixels of the transform. Raises ImageError and its kinds, MemoryError."""
    plans: list[Layout] = []

    def frame(width: int, height: int) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
        plans.append(layout(transform, width, height))
        return _corners(plans[0].taken), (plans[0].placed.width, plans[0].placed.height)

    pixels = thumbnail(file, frame, limits)
    pixels = opaque(pixels) if transform.format == "jpeg" else pixels
    return _on_canvas(pixels, plans[0])


def coded(pixels: Pixels, encoding: Encoding, xmp: bytes) -> bytes:
    """The file. Raises ImageError, DerivativeError."""
    return clean(encode(pixels, encoding, xmp))


def clean(body: bytes) -> bytes:
    """The file itself. Raises DerivativeError when it carries more than pixels and the packet."""
    if strange := foreign(body):
        raise DerivativeError(f"the file would carry {', '.join(strange)}; not given out")
    return body


def size_of(shape: Shape, width: int, height: int) -> tuple[int, int]:
    """Width and height of the result."""
    return layout(shape, width, height).size


def _on_canvas(pixels: Pixels, plan: Layout) -> Pixels:
    if plan.size == (pixels.shape[1], pixels.shape[0]):
        return pixels
    canvas = np.empty((plan.size[1], plan.size[0], pixels.shape[2]), np.uint8)
    canvas[:] = _ground(pixels)
    at = plan.placed
    canvas[at.top : at.top + at.height, at.left : at.left + at.width] = pixels
    return canvas


def _ground(pixels: Pixels) -> tuple[int, ...]:
    if pixels.shape[2] == 4:
        return (0, 0, 0, 0)
    rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])[None]
    return tuple(bytes.fromhex(dominant(rim)[1:]))


def _corners(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.width, box.height
