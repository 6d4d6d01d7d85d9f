"""Many pictures on one sheet, each with its label: what a person looks at first."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from wetplate.errors import ImageError
from wetplate.imaging.encode import Encoding, encode
from wetplate.imaging.pixels import Pixels, opaque

PAPER, INK = (246, 245, 242), (40, 40, 44)
GAP, LINE = 8, 14
FORMATS = {"webp": Encoding("webp", quality=82), "png": Encoding("png", lossless=True)}


def contact_sheet(
    pictures: Sequence[tuple[str, Pixels]], *, columns: int = 0, cell: int = 128, format: str = "webp"
) -> bytes:
    """A grid of (label, pixels) as one WebP or PNG; `columns` 0 makes it about square. Raises ImageError.

    Pictures are scaled down to `cell` pixels, never up; a label longer than its cell is cut with an ellipsis.
    """
    if not pictures or format not in FORMATS:
        raise ImageError(f"a contact sheet needs a picture and one of {', '.join(FORMATS)}")
    columns = columns or math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    pitch = (cell + GAP, cell + GAP + LINE)
    sheet = Image.new("RGB", (columns * pitch[0] + GAP, rows * pitch[1] + GAP), PAPER)
    for place, (label, pixels) in enumerate(pictures):
        row, column = divmod(place, columns)
        _paste(sheet, (GAP + column * pitch[0], GAP + row * pitch[1]), cell, label, pixels)
    return encode(np.asarray(sheet), FORMATS[format])


def _paste(sheet: Image.Image, at: tuple[int, int], cell: int, label: str, pixels: Pixels) -> None:
    picture = Image.fromarray(opaque(pixels))
    picture.thumbnail((cell, cell), Image.Resampling.LANCZOS)
    x, y = at
    sheet.paste(picture, (x + (cell - picture.width) // 2, y + (cell - picture.height) // 2))
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=10)
    draw.text((x + cell / 2, y + cell + LINE / 2 + 1), _cut(draw, font, label, cell), INK, font, anchor="mm")


def _cut(
    draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, label: str, room: int
) -> str:
    """The label on one line, shortened until it fits."""
    label = " ".join(label.split())
    if draw.textlength(label, font) <= room:
        return label
    while label and draw.textlength(label + "…", font) > room:
        label = label[:-1]
    return label + "…"
