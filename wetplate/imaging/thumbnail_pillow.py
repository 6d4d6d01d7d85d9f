"""Thumbnails by Pillow alone: decodes the whole picture, then resizes."""

from pathlib import Path

import numpy as np
from PIL import Image

from wetplate.imaging.decode import decode
from wetplate.imaging.limits import Limits
from wetplate.imaging.pixels import Pixels
from wetplate.imaging.thumbnail import Frame


def thumbnail(file: Path, frame: Frame, limits: Limits) -> Pixels:
    """See `thumbnail.thumbnail`."""
    pixels = decode(file.read_bytes(), limits)
    (left, top, width, height), size = frame(pixels.shape[1], pixels.shape[0])
    box = (left, top, left + width, top + height)
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, box=box))
