"""Transforms: what a URL may ask to be made of an image, from closed lists. Pure.

Here: the lists, the value, its one spelling. Not here: which rectangle goes where (`geometry`), pixels
(`imaging`), addresses (`delivery.urls`).

A transform reads `w640_crop4x5_fp35x50_qhigh.avif`: parts in this order, joined by `_`:
    w640        width in pixels; always there
    crop4x5     the largest part of these proportions; or
    pad4x5      the whole picture on a canvas of these proportions
    fp35x50     focal point of a crop, percent from left and top; left out where it is the middle
    qhigh       quality by name; left out where it is standard
    .avif       format; a `Shape` is a transform without it, for who negotiates the format

Rules:
1. Nothing off the lists can be built, and two different values never have the same meaning: focus belongs to
   crop only, and PNG, being lossless, knows one quality.
2. A value has one spelling, `text`; `read` takes that one only. `meant` also takes other orders, spelled-out
   defaults and `.jpeg`, for whoever then says where the one spelling is.
3. Reading looks each part up in a table: time grows with the length of the text, whatever the text.
4. No transform enlarges.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Final

from wetplate.derivatives import geometry
from wetplate.derivatives.geometry import Layout, Pair
from wetplate.errors import TransformRefused
from wetplate.imaging.formats import EXTENSIONS

WIDTHS: Final = (
    64, 96, 128, 160, 192, 256, 320, 384, 480, 512, 640, 768, 960, 1024, 1080, 1280, 1536, 1920, 2048,
)  # fmt: skip
FITS: Final = ("inside", "crop", "pad")
RATIOS: Final[tuple[Pair, ...]] = (
    (1, 1), (4, 5), (5, 4), (3, 4), (4, 3), (2, 3), (3, 2), (9, 16), (16, 9), (1, 2), (2, 1),
)  # fmt: skip
FOCI: Final = range(0, 101, 5)
QUALITIES: Final = ("low", "standard", "high")
FORMATS: Final = ("avif", "webp", "jpeg", "png")

MIDDLE: Final = (50, 50)
STANDARD: Final = "standard"


@dataclass(frozen=True)
class Shape:
    """A transform without its format. Raises TransformRefused when built from what is not on the lists.

    Attributes:
        width: of the result, in pixels; less where the picture has less.
        fit: `inside` keeps the proportions, `crop` and `pad` give it those of `ratio`.
        ratio: width and height of a crop or a canvas, as proportions.
        focus: percent from left and top of what a crop keeps as near its middle as the borders allow.
        quality: `low`, `standard` or `high`; what that means in numbers is the encoder's.
    """

    width: int
    _: KW_ONLY
    fit: str = "inside"
    ratio: Pair | None = None
    focus: Pair = MIDDLE
    quality: str = STANDARD

    def __post_init__(self) -> None:
        if self.width not in WIDTHS:
            raise TransformRefused(f"width {self.width} is not offered; the nearest is {nearest(self.width)}")
        if self.fit not in FITS or self.quality not in QUALITIES:
            raise TransformRefused(f"fit is one of {_listed(FITS)}, quality one of {_listed(QUALITIES)}")
        if (self.ratio is None) != (self.fit == "inside"):
            raise TransformRefused("give a ratio with crop and with pad, and with nothing else")
        if self.ratio is not None and self.ratio not in RATIOS:
            raise TransformRefused(f"ratio {_x(self.ratio)} is not offered: {_listed(map(_x, RATIOS))}")
        if self.focus != MIDDLE and self.fit != "crop":
            raise TransformRefused("a focal point belongs to a crop; leave it out or crop")
        if not all(percent in FOCI for percent in self.focus):
            raise TransformRefused(f"focal point {_x(self.focus)}: two numbers from 0 to 100, in steps of 5")

    @property
    def stem(self) -> str:
        """The one spelling of everything but the format."""
        fit = f"_{self.fit}{_x(self.ratio)}" if self.ratio else ""
        focus = f"_fp{_x(self.focus)}" if self.focus != MIDDLE else ""
        quality = f"_q{self.quality}" if self.quality != STANDARD else ""
        return f"w{self.width}{fit}{focus}{quality}"

    def to(self, format: str) -> "Transform":
        """This shape as a file of that format; as PNG, of its one quality. Raises TransformRefused."""
        quality = STANDARD if format == "png" else self.quality
        return Transform(
            self.width, format, fit=self.fit, ratio=self.ratio, focus=self.focus, quality=quality
        )


@dataclass(frozen=True)
class Transform(Shape):
    """A shape and `format`: avif, webp, jpeg or png. Raises TransformRefused like `Shape`."""

    format: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.format not in FORMATS:
            raise TransformRefused(f"format {self.format!r} is not offered: {_listed(FORMATS)}")
        if self.format == "png" and self.quality != STANDARD:
            raise TransformRefused("PNG is lossless and has one quality; leave the quality out")

    @property
    def text(self) -> str:
        """The one spelling: `w640_crop4x5.avif`."""
        return f"{self.stem}.{EXTENSIONS[self.format]}"


def read(text: str) -> Transform:
    """The transform with this one spelling. Raises TransformRefused."""
    transform = meant(text)
    if transform.text != text:
        raise TransformRefused(f"{_clipped(text)} is spelled {transform.text}")
    return transform


def meant(text: str) -> Transform:
    """The transform that a spelling can only mean. Raises TransformRefused when there is none."""
    stem, _, extension = text.partition(".")
    format = _EXTENSIONS.get(extension)
    if format is None:
        raise TransformRefused(f"{_clipped(text)}: a transform ends in one of .{_listed(_SPELLED, ', .')}")
    said = _said(stem)
    if format == "png":
        said.pop("quality", None)
    return Transform(format=format, **said)


def meant_shape(stem: str) -> Shape:
    """The shape that a spelling without format can only mean. Raises TransformRefused when there is none."""
    return Shape(**_said(stem))


def nearest(width: int) -> int:
    """The offered width nearest to this one."""
    return min(WIDTHS, key=lambda offered: abs(offered - width))


def size(shape: Shape, width: int, height: int) -> Pair:
    """Width and height of what the shape makes of a picture of `width` × `height`."""
    return layout(shape, width, height).size


def layout(shape: Shape, width: int, height: int) -> Layout:
    """What the shape does to a picture of `width` × `height`; it is never enlarged."""
    if shape.ratio is None:
        return geometry.inside(shape.width, (width, height))
    if shape.fit == "crop":
        return geometry.cropped(shape.width, shape.ratio, shape.focus, (width, height))
    return geometry.padded(shape.width, shape.ratio, (width, height))


def _said(stem: str) -> dict[str, Any]:
    """What the parts of a stem say, each at most once."""
    said: dict[str, Any] = {}
    for token in stem.split("_"):
        told = _TOKENS.get(token)
        if told is None:
            raise TransformRefused(_advice(token))
        if told.keys() & said.keys():
            raise TransformRefused(f"{_clipped(stem)} says its {' and '.join(told)} twice")
        said |= told
    if "width" not in said:
        raise TransformRefused(f"{_clipped(stem)} names no width; begin with one of {_listed(_W)}")
    if "focus" in said and said.get("fit") != "crop":
        raise TransformRefused("a focal point belongs to a crop; leave it out or crop")
    return said


def _x(pair: Pair) -> str:
    return f"{pair[0]}x{pair[1]}"


def _listed(names: Any, between: str = ", ") -> str:
    return between.join(names)


def _clipped(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _advice(token: str) -> str:
    """What to write instead of a part that is on no list."""
    digits = token[1:]
    if token[:1] == "w" and digits.isascii() and digits.isdigit() and len(digits) < 6:
        return f"width {_clipped(token)} is not offered; the nearest is w{nearest(int(digits))}"
    for prefix, offered in _OFFERED.items():
        if token.startswith(prefix):
            return f"{_clipped(token)} is not offered; {prefix} is followed by one of {offered}"
    return f"{_clipped(token)} is no part of a transform; one reads w640, w640_crop4x5_fp35x50, w640_qhigh"


_SPELLED: Final = {EXTENSIONS[format]: format for format in FORMATS}
_EXTENSIONS: Final = {**_SPELLED, "jpeg": "jpeg"}
_W: Final = {f"w{width}": {"width": width} for width in WIDTHS}
_TOKENS: Final[Mapping[str, Mapping[str, Any]]] = {
    **_W,
    **{f"{fit}{_x(ratio)}": {"fit": fit, "ratio": ratio} for fit in ("crop", "pad") for ratio in RATIOS},
    **{f"fp{x}x{y}": {"focus": (x, y)} for x in FOCI for y in FOCI},
    **{f"q{name}": {"quality": name} for name in QUALITIES},
}
_OFFERED: Final = {
    "w": _listed(map(str, WIDTHS)),
    "crop": _listed(map(_x, RATIOS)),
    "pad": _listed(map(_x, RATIOS)),
    "fp": "two numbers from 0 to 100 in steps of 5, as 35x50",
    "q": _listed(name for name in QUALITIES if name != STANDARD),
}
