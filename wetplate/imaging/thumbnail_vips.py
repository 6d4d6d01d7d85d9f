"""Thumbnails by libvips: lines are read, scaled and forgotten as they come.

Rules:
1. Only the loaders of PNG, JPEG, WebP and AVIF are open. One thread, no cache of operations.
2. The file is read where it lies; only the lines at work are in memory. (A progressive JPEG, an interlaced
   PNG and an AVIF cannot be read in lines: they take 3 to 4 bytes a pixel.)
3. Colours are managed by the very code of `decode`, after scaling. What libvips would decide on its own goes
   to the other engine whole: CMYK, and profiles that it drops without a word.
4. An AVIF's embedded thumbnail is never taken for the picture: nobody has judged it.
"""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wetplate.errors import ImageError, ImageTooLarge
from wetplate.imaging import container, thumbnail_pillow
from wetplate.imaging.decode import srgb
from wetplate.imaging.limits import Limits
from wetplate.imaging.pixels import Pixels, transparent
from wetplate.imaging.thumbnail import Box, Frame, Size

LOADERS = ("Png", "Jpeg", "Webp", "Heif")
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
LIMITED = "Security limit"
PROFILE = "icc-profile-data"
OUT_OF_MEMORY = re.compile(r"(out of|insufficient|not enough|no) memory|memory allocation", re.IGNORECASE)


@cache
def _vips() -> Any:
    """pyvips with its doors closed; libvips reads its environment when it is loaded."""
    os.environ["VIPS_BLOCK_UNTRUSTED"] = "1"
    os.environ["VIPS_CONCURRENCY"] = "1"
    import pyvips

    pyvips.operation_block_set("VipsForeignLoad", True)
    for each in LOADERS:
        pyvips.operation_block_set(f"VipsForeignLoad{each}", False)
    pyvips.cache_set_max(0)
    return pyvips


def thumbnail(file: Path, frame: Frame, limits: Limits) -> Pixels:
    """See `thumbnail.thumbnail`. Raises MemoryError too, where the process may take no more."""
    name, profiled = _checked(file, limits)
    try:
        header = _opened(file)
        if header.interpretation == "cmyk" or (profiled and not header.get_typeof(PROFILE)):
            return thumbnail_pillow.thumbnail(file, frame, limits)
        turn = _orientation(header)
        stored = (header.width, header.height)
        container.fits(*stored, limits)
        container.single(header.get("n-pages") if header.get_typeof("n-pages") else 1)
        upright = stored[::-1] if turn > 4 else stored
        box, size = frame(*upright)
        return _plain(_scaled(file, name, box, size, upright, turn))
    except _vips().Error as error:
        raise _told(error) from error


def _checked(file: Path, limits: Limits) -> tuple[str, bool]:
    """The format, and whether a PNG has a profile chunk."""
    with file.open("rb") as opened:
        name = container.checked(opened, limits)
        container.single(container.frames(name, opened))
        return name, container.profiled(name, opened)


def _opened(file: Path) -> Any:
    return _vips().Image.new_from_source(_source(file), "", access="sequential", fail_on="error")


def _source(file: Path) -> Any:
    return _vips().Source.new_from_file(str(file))


def _orientation(header: Any) -> int:
    turn = header.get("orientation") if header.get_typeof("orientation") else 1
    return turn if 1 <= turn <= 8 else 1


def _scaled(file: Path, name: str, box: Box, size: Size, upright: Size, turn: int) -> Any:
    how = {"height": size[1], "size": "force"}
    if box == (0, 0, *upright) and name != "avif":
        return _vips().Image.thumbnail_source(_source(file), size[0], fail_on="error", **how)
    return _opened(file).crop(*_as_stored(box, upright, turn)).thumbnail_image(size[0], **how)


def _as_stored(box: Box, upright: Size, turn: int) -> Box:
    """A box of the upright picture in the file's own coordinates, by EXIF orientation."""
    left, top, width, height = box
    right, bottom = upright[0] - left - width, upright[1] - top - height
    return {
        1: (left, top, width, height),
        2: (right, top, width, height),
        3: (right, bottom, width, height),
        4: (left, bottom, width, height),
        5: (top, left, height, width),
        6: (top, right, height, width),
        7: (bottom, right, height, width),
        8: (bottom, left, height, width),
    }[turn]


def _plain(scaled: Any) -> Pixels:
    """Pixels in sRGB, alpha only where something shines through."""
    values = scaled.numpy()
    picture = Image.fromarray(values.reshape(values.shape[:2]) if scaled.bands == 1 else values)
    if scaled.get_typeof(PROFILE):
        picture.info["icc_profile"] = bytes(scaled.get(PROFILE))
    pixels = np.array(srgb(picture))
    return pixels if transparent(pixels) else np.ascontiguousarray(pixels[..., :3])


def _told(error: Exception) -> Exception:
    text = " ".join(str(error).split())
    if LIMITED in text:
        return ImageTooLarge(
            f"the picture goes beyond what its decoder allows ({text[:120]}); export it plainer"
        )
    if OUT_OF_MEMORY.search(text):
        return MemoryError(text[:200])
    return ImageError(f"the picture is damaged or cut short ({text[:120]}); fetch or export it again")
