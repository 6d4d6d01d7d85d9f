"""Many pictures on one sheet, each with its caption: what a person looks at first.

Here: drawing. Not here: which pictures to show, and what may be shown of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from wetplate.errors import ImageError
from wetplate.imaging.encode import PNG, Encoding, encode
from wetplate.imaging.pixels import Pixels, opaque

PAPER, INK, EMPTY = (246, 245, 242), (40, 40, 44), (226, 224, 219)
GAP, LINE = 8, 13
FORMATS = {"webp": Encoding("webp", quality=82), "png": PNG}


@dataclass(frozen=True)
class Tile:
    """One place on the sheet: a picture (None: an empty frame) and its caption, of one line or several."""

    pixels: Pixels | None
    caption: str


def contact_sheet(tiles: Sequence[Tile], *, columns: int = 0, cell: int = 128, format: str = "webp") -> bytes:
    """The tiles as a grid, one WebP or PNG; `columns` 0 makes it about square. Raises ImageError.

    Pictures are scaled down to `cell` pixels, never up; a caption line too long for its cell ends
    in an ellipsis. No tiles give an empty sheet.
    """
    if format not in FORMATS:
        raise ImageError(f"a contact sheet is written as {' or '.join(FORMATS)}, not {format!r}")
    columns = min(columns or math.ceil(math.sqrt(len(tiles))), len(tiles)) or 1
    lines = max((tile.caption.count("\n") + 1 for tile in tiles), default=1)
    pitch = (cell + GAP, cell + GAP + lines * LINE)
    rows = math.ceil(len(tiles) / columns)
    sheet = Image.new("RGB", (columns * pitch[0] + GAP, rows * pitch[1] + GAP), PAPER)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        _draw(sheet, (GAP + column * pitch[0], GAP + row * pitch[1]), cell, tile)
    return encode(np.asarray(sheet), FORMATS[format])


def _draw(sheet: Image.Image, at: tuple[int, int], cell: int, tile: Tile) -> None:
    x, y = at
    pen = ImageDraw.Draw(sheet)
    if tile.pixels is None:
        pen.rectangle((x, y, x + cell - 1, y + cell - 1), fill=EMPTY)
    else:
        picture = Image.fromarray(opaque(tile.pixels))
        picture.thumbnail((cell, cell), Image.Resampling.LANCZOS)
        sheet.paste(picture, (x + (cell - picture.width) // 2, y + (cell - picture.height) // 2))
    font = ImageFont.load_default(size=10)
    for number, line in enumerate(tile.caption.splitlines()):
        place = (x + cell / 2, y + cell + (number + 0.5) * LINE + 2)
        pen.text(place, _cut(pen, font, line, cell), INK, font, anchor="mm")


def _cut(
    pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, line: str, room: int
) -> str:
    """The line, shortened until it fits."""
    if pen.textlength(line, font) <= room:
        return line
    while line and pen.textlength(line + "…", font) > room:
        line = line[:-1]
    return line + "…"
