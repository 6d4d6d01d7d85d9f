"""From untrusted bytes to pixels.

Here: decoding, colour and orientation made plain. Not here: what is refused unread (`container`), writing
(`encode`).

Rules:
1. The format is told by magic bytes and Pillow is allowed that one decoder only.
2. Limits are checked on the header, before any pixel is decoded; a picture with several frames is refused.
3. Half a picture is no picture: whatever is cut short raises ImageError.
4. What comes out is 8-bit sRGB, upright: ICC profiles are applied, CMYK, grey, palette and 16 bits converted.
   A profile that cannot be read is refused: showing the wrong colours would go unnoticed. (`gAMA`, `cICP` and
   AVIF's `nclx` are not colour-managed: such files without an ICC profile are read as sRGB.)
"""

import io
import struct
import warnings

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from wetplate.errors import ImageError, ImageTooLarge
from wetplate.imaging import container
from wetplate.imaging.limits import LIMITS, Limits
from wetplate.imaging.pixels import Pixels, transparent

# What Pillow's decoders raise on damaged input.
DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AssertionError,
    struct.error,
    OverflowError,
    RuntimeError,
    MemoryError,
    Image.DecompressionBombError,
)


def decode(body: bytes, limits: Limits = LIMITS) -> Pixels:
    """The picture as (H, W, 3) or, if any pixel is not opaque, (H, W, 4) 8-bit sRGB. Raises ImageError."""
    picture = _open(body, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture.load()
            plain = srgb(ImageOps.exif_transpose(picture))
    except DAMAGE as error:
        raise ImageError(
            f"the picture is damaged or cut short ({_said(error)}); fetch or export it again"
        ) from error
    pixels = np.array(plain)
    return pixels if transparent(pixels) else np.ascontiguousarray(pixels[..., :3])


def size(body: bytes, limits: Limits = LIMITS) -> tuple[int, int]:
    """(width, height) as the header has it, before any orientation. Raises ImageError."""
    return _open(body, limits).size


def _open(body: bytes, limits: Limits) -> Image.Image:
    """The header, checked."""
    name = container.checked(io.BytesIO(body), limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(body), formats=[name.upper()])
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f"the picture is too large ({_said(error)}); export it smaller") from error
    except (UnidentifiedImageError, *DAMAGE) as error:
        raise ImageError(
            f"the {name} header cannot be read ({_said(error)}); export the picture again"
        ) from error
    container.fits(picture.width, picture.height, limits)
    container.single(getattr(picture, "n_frames", 1))
    return picture


def srgb(picture: Image.Image) -> Image.Image:
    """An upright picture of any mode as RGB or RGBA in sRGB, its `icc_profile` applied. Raises ImageError."""
    picture = _eight_bits(picture)
    profile = picture.info.get("icc_profile")
    alpha = _alpha(picture)
    colours = _managed(picture, profile) if profile else picture
    colours = colours.convert("RGB") if colours.mode != "RGB" else colours
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def _eight_bits(picture: Image.Image) -> Image.Image:
    """16-bit grey scaled to 8 (Pillow clips instead); all other modes as they are."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    values = np.asarray(picture).astype(np.float64)
    grey = Image.fromarray(np.rint(np.clip(values, 0, 65535) / 257).astype(np.uint8))
    grey.info = {key: value for key, value in picture.info.items() if key == "icc_profile"}
    return grey


def _alpha(picture: Image.Image) -> Image.Image | None:
    if not picture.has_transparency_data:
        return None
    return picture.convert("RGBA").getchannel("A")


def _managed(picture: Image.Image, profile: bytes) -> Image.Image:
    """Colours taken from the embedded profile to sRGB, perceptual intent."""
    if picture.mode not in ("RGB", "L", "CMYK"):
        picture = picture.convert("L" if picture.mode in ("1", "LA") else "RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError) as error:
        raise ImageError(
            f"the colour profile ({len(profile):,} bytes) cannot be applied to {picture.mode} "
            f"pixels ({_said(error)}); convert the picture to sRGB"
        ) from error
    assert converted is not None
    return converted


def _said(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
