"""From pixels to bytes that may leave.

Here: the four encoders behind one value, `Encoding`. Not here: which encoding a picture deserves
(derivatives), reading (`decode`).

Rules:
1. The encoder sees a fresh array and nothing else, so that no text chunk, EXIF or profile can travel. The
   only metadata is the XMP packet the caller passes. Colours hidden under full transparency are blackened.
2. Every call builds its own `Image`: two concurrent `save()` on one Image silently use each other's options.
3. The same pixels and Encoding give the same bytes (one thread per encoder, no time stamps).
4. AVIF: SVT-AV1 speed 8 from 800 px of width, aom speed 8 below, where it is as fast and smaller; SVT knows
   4:2:0 only and nothing above 8,704 px. `coder="aom"` asks for aom at any width.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, PngImagePlugin

from wetplate.errors import ImageError
from wetplate.imaging import avif
from wetplate.imaging.formats import MEDIA_TYPES
from wetplate.imaging.pixels import Pixels, checked

SVT_FROM = 800
SVT_TO = 8_704


@dataclass(frozen=True)
class Encoding:
    """How to write a file.

    `quality` is 1..100, None where lossless; `effort` counts in the encoder's own scale, None is ours;
    `subsampling` is `4:2:0` or `4:4:4` (JPEG and AVIF; WebP has 4:2:0 only). `progressive` concerns JPEG,
    `coder` AVIF: `aom`, or None for the choice by width.
    """

    format: str
    quality: int | None = None
    lossless: bool = False
    subsampling: str = "4:2:0"
    progressive: bool = True
    effort: int | None = None
    coder: str | None = None

    def __post_init__(self) -> None:
        if self.format not in MEDIA_TYPES:
            raise ImageError(f"format {self.format!r} is not one of {', '.join(MEDIA_TYPES)}")
        if self.lossless != (self.quality is None):
            raise ImageError(f"{self.format}: give a quality of 1..100, or lossless, and not both")
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise ImageError(f"{self.format}: quality {self.quality} is not within 1..100")
        if self.lossless != (self.format == "png") and self.format != "webp":
            raise ImageError(f"{self.format} is written {'lossy' if self.lossless else 'lossless'} here")
        if self.subsampling not in ("4:2:0", "4:4:4"):
            raise ImageError(f"subsampling {self.subsampling!r} is not 4:2:0 or 4:4:4")
        if self.coder not in (None, "aom"):
            raise ImageError(f"coder {self.coder!r} is not aom; leave it out for the choice by width")


PNG = Encoding("png", lossless=True)


def encode(pixels: Pixels, encoding: Encoding, xmp: bytes = b"") -> bytes:
    """The picture as a file holding pixels and, if given, one XMP packet. Raises ImageError."""
    clean = _blackened(np.array(checked(pixels), copy=True, order="C"))
    if encoding.format == "jpeg" and clean.shape[2] == 4:
        raise ImageError(
            "JPEG has no transparency; use WebP, AVIF or PNG, or lay the picture on a colour first"
        )
    try:
        return _WRITERS[encoding.format](Image.fromarray(clean), encoding, xmp)
    except (OSError, ValueError) as error:
        raise ImageError(
            f"{encoding.format} cannot hold {pixels.shape[1]} × {pixels.shape[0]}: {error}"
        ) from error


def _blackened(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4:
        pixels[pixels[..., 3] == 0] = 0
    return pixels


def _png(image: Image.Image, encoding: Encoding, xmp: bytes) -> bytes:
    text = PngImagePlugin.PngInfo()
    if xmp:
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
    level = 6 if encoding.effort is None else encoding.effort
    return _saved(image, "PNG", pnginfo=text, compress_level=level)


def _jpeg(image: Image.Image, encoding: Encoding, xmp: bytes) -> bytes:
    options = {"progressive": encoding.progressive, "optimize": True, "subsampling": encoding.subsampling}
    return _saved(image, "JPEG", quality=encoding.quality, xmp=xmp, **options)


def _webp(image: Image.Image, encoding: Encoding, xmp: bytes) -> bytes:
    method = 4 if encoding.effort is None else encoding.effort
    if encoding.lossless:
        return _saved(image, "WEBP", lossless=True, quality=75, method=method, xmp=xmp)
    return _saved(image, "WEBP", quality=encoding.quality, method=method, xmp=xmp)


def _avif(image: Image.Image, encoding: Encoding, xmp: bytes) -> bytes:
    svt = _svt(image, encoding)
    speed = 8 if encoding.effort is None else encoding.effort
    options = {"speed": speed, "subsampling": encoding.subsampling, "max_threads": 1, "autotiling": False}
    return _saved(
        image, avif.writer(svt), quality=encoding.quality, codec="svt" if svt else "aom", xmp=xmp, **options
    )


def _svt(image: Image.Image, encoding: Encoding) -> bool:
    fitting = image.width >= SVT_FROM and max(image.size) <= SVT_TO and encoding.subsampling == "4:2:0"
    return fitting and encoding.coder is None


_WRITERS = {"png": _png, "jpeg": _jpeg, "webp": _webp, "avif": _avif}


def _saved(image: Image.Image, name: str, **options: object) -> bytes:
    body = io.BytesIO()
    image.save(body, format=name, **options)
    return body.getvalue()
