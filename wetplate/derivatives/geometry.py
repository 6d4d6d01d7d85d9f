"""Which part of a picture goes where: fitting into a width, cropping, padding. Pure; whole pixels.

Rules:
1. Nothing is enlarged: where the picture has fewer pixels than asked for, the result has fewer.
2. A crop takes the largest part of the given proportions, with the focal point as near its middle as the
   borders allow: a focus at 0 or 100 percent is a corner, not outside.
3. A canvas is at most the smallest one that holds the whole picture at its own size; the picture stands in
   its middle.
4. Every side has at least one pixel, however odd the proportions.
"""

from dataclasses import dataclass

from wetplate.imaging.resize import height_at

Pair = tuple[int, int]


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Layout:
    """`taken` from the picture is scaled to `placed` on a canvas of `size` (width, height)."""

    size: Pair
    taken: Box
    placed: Box


def inside(most: int, picture: Pair) -> Layout:
    """The whole picture, at most `most` wide."""
    wide = min(most, picture[0])
    size = (wide, height_at(wide, picture))
    return Layout(size, Box(0, 0, *picture), Box(0, 0, *size))


def cropped(most: int, ratio: Pair, focus: Pair, picture: Pair) -> Layout:
    """The largest part of these proportions around the focal point (percent), at most `most` wide."""
    part = (min(picture[0], _width_at(picture[1], ratio)), min(picture[1], height_at(picture[0], ratio)))
    left, top = (_start(*one) for one in zip(focus, part, picture, strict=True))
    wide = min(most, part[0])
    size = (wide, min(part[1], height_at(wide, ratio)))
    return Layout(size, Box(left, top, *part), Box(0, 0, *size))


def padded(most: int, ratio: Pair, picture: Pair) -> Layout:
    """The whole picture in the middle of a canvas of these proportions, at most `most` wide."""
    wide = min(most, max(picture[0], _width_at(picture[1], ratio)))
    canvas = (wide, height_at(wide, ratio))
    scale = min(1.0, canvas[0] / picture[0], canvas[1] / picture[1])
    shown = (max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale)))
    placed = Box((canvas[0] - shown[0]) // 2, (canvas[1] - shown[1]) // 2, *shown)
    return Layout(canvas, Box(0, 0, *picture), placed)


def _width_at(height: int, ratio: Pair) -> int:
    return max(1, round(height * ratio[0] / ratio[1]))


def _start(percent: int, part: int, whole: int) -> int:
    """Where a part begins so that the point at `percent` is as near its middle as the borders allow."""
    return min(max(0, round(whole * percent / 100 - part / 2)), whole - part)
