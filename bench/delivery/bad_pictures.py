"""Pictures that are not what they seem, by file name: the same bytes for every server.

Each is built here from a few lines, none is a fixture. `BROKEN` must never come back as a picture; `ODD`
are real pictures in unusual clothes, whose left half is orange and right half teal when shown rightly.
"""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from bench.delivery.pictures import png

LEFT, RIGHT = (230, 120, 20), (20, 120, 130)
SIDE = 128
MEGA = (7746, 7746)
HTML = b"<html><script>alert(1)</script></html>"


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk of a PNG, with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def plain_png(width: int, height: int, rows: bytes, *extra: bytes, bits: int = 1, colour: int = 0) -> bytes:
    """A PNG of compressed rows, with extra chunks before them."""
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = [chunk(b"IHDR", head), *extra, chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def bomb(side: int = 20_000) -> bytes:
    """A small file that is 400 megapixels of black."""
    return plain_png(side, side, zlib.compress(bytes((side // 8 + 1) * side), 9))


def sixty_megapixels() -> bytes:
    """A real picture in true colour, 7746 × 7746 px, in a small file: each row is the one above."""
    first = b"\x00" + bytes(n * 255 // MEGA[0] for n in range(MEGA[0]) for _ in range(3))
    same = b"\x02" + bytes(3 * MEGA[0])
    packer = zlib.compressobj(9)
    rows = [packer.compress(first), *(packer.compress(same) for _ in range(MEGA[1] - 1)), packer.flush()]
    return plain_png(*MEGA, b"".join(rows), bits=8, colour=2)


def saved(picture: Image.Image, format: str, **options: object) -> bytes:
    """The picture in that format."""
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def halves() -> Image.Image:
    """Orange beside teal."""
    pixels = np.empty((SIDE, SIDE, 3), np.uint8)
    pixels[:, : SIDE // 2], pixels[:, SIDE // 2 :] = LEFT, RIGHT
    return Image.fromarray(pixels)


def _cut(format: str) -> bytes:
    body = png("portrait") if format == "PNG" else saved(Image.open(io.BytesIO(png("portrait"))), format)
    return body[: len(body) * 6 // 10]


def _inflating(kind: bytes) -> bytes:
    """An ancillary chunk of 100 MB, compressed to 100 KB."""
    packed = zlib.compress(bytes(100 * 2**20), 9)
    extra = chunk(kind, b"name\x00\x00" + packed)
    return plain_png(8, 8, zlib.compress(b"\x00\x55" * 8), extra)


def _frames(count: int = 2_000) -> bytes:
    frames = [Image.new("P", (8, 8), n % 2) for n in range(count)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:], optimize=False, duration=20)


def _scans(count: int = 1_000) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    body = saved(halves(), "JPEG", progressive=True)
    last = body.rindex(b"\xff\xda")
    return body[:last] + body[last:-2] * count + b"\xff\xd9"


def _items() -> bytes:
    """An AVIF that claims 65,535 items."""
    body = bytearray(saved(halves(), "AVIF"))
    at = body.index(b"iinf") + 8
    body[at : at + 2] = b"\xff\xff"
    return bytes(body)


def _svg(body: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">{body}</svg>'.encode()


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(9))
    return f"<?xml version='1.0'?><!DOCTYPE svg [{entities}]>".encode() + _svg("<text>&a8;</text>")


def _turned(orientation: int) -> bytes:
    """The halves, stored turned a quarter, with the note that says so."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = halves().transpose(Image.Transpose.ROTATE_90) if orientation == 6 else halves()
    return saved(stored, "JPEG", exif=exif, quality=95)


def _cmyk() -> bytes:
    """CMYK as Adobe writes it."""
    return saved(halves().convert("CMYK"), "JPEG", quality=95)


def _wide_gamut() -> bytes:
    """The halves in a profile whose red and blue primaries are exchanged, its numbers exchanged to match."""
    red, green, blue = halves().split()
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    one, other = profile.index(b"rXYZ", 128), profile.index(b"bXYZ", 128)
    profile[one : one + 4], profile[other : other + 4] = b"bXYZ", b"rXYZ"
    return saved(Image.merge("RGB", (blue, green, red)), "PNG", icc_profile=bytes(profile))


def _deep() -> bytes:
    """16 bits a channel."""
    rows = np.asarray(halves()).astype(">u2") * 257
    return plain_png(
        SIDE, SIDE, zlib.compress(b"".join(b"\x00" + row.tobytes() for row in rows)), bits=16, colour=2
    )


#: number in the list of bad inputs, file name, how it is made
BROKEN: tuple[tuple[int, str, Callable[[], bytes]], ...] = (
    (22, "bomb.png", bomb),
    (23, "liar.png", lambda: plain_png(60_000, 60_000, zlib.compress(bytes(100)))),
    (24, "empty.png", bytes),
    (25, "page.png", lambda: HTML),
    (26, "cut.png", lambda: _cut("PNG")),
    (26, "cut.jpg", lambda: _cut("JPEG")),
    (26, "cut.webp", lambda: _cut("WEBP")),
    (26, "cut.avif", lambda: _cut("AVIF")),
    (36, "script.svg", lambda: _svg("<script>alert(1)</script>")),
    (36, "foreign.svg", lambda: _svg('<foreignObject><iframe src="file:///etc/passwd"/></foreignObject>')),
    (36, "laughs.svg", _laughs),
    (37, "picture.tiff", lambda: saved(halves(), "TIFF")),
    (37, "picture.bmp", lambda: saved(halves(), "BMP")),
    (37, "picture.jp2", lambda: saved(halves(), "JPEG2000")),
    (37, "picture.eps", lambda: saved(halves(), "EPS")),
)

#: real pictures: a server answers rightly or refuses; it never breaks and never shows other colours
ODD: tuple[tuple[int, str, Callable[[], bytes]], ...] = (
    (31, "cmyk.jpg", _cmyk),
    (32, "profile.png", _wide_gamut),
    (32, "broken-profile.png", lambda: saved(halves(), "PNG", icc_profile=b"no profile at all")),
    (33, "deep.png", _deep),
    (33, "palette.png", lambda: saved(halves().quantize(2), "PNG", transparency=255)),
    (34, "turned.jpg", lambda: _turned(6)),
    (34, "nonsense-turn.jpg", lambda: _turned(99)),
    (35, "polyglot.png", lambda: saved(halves(), "PNG") + HTML),
)

#: heavy ones: an answer of any kind, soon, and little memory
HEAVY: tuple[tuple[int, str, Callable[[], bytes]], ...] = (
    (27, "frames.gif", _frames),
    (28, "items.avif", _items),
    (29, "ztxt.png", lambda: _inflating(b"zTXt")),
    (29, "iccp.png", lambda: _inflating(b"iCCP")),
    (30, "scans.jpg", _scans),
    (30, "thread.png", lambda: plain_png(65_535, 1, zlib.compress(bytes(8_193)))),
)


def lay_out(folder: Path) -> None:
    """All of them as files, a link that leaves the folder, and a sibling named almost like the folder."""
    for _, name, made in (*BROKEN, *ODD, *HEAVY):
        (folder / name).write_bytes(made())
    secret = folder.with_name(folder.name + "-evil") / "secret.png"
    secret.parent.mkdir(exist_ok=True)
    secret.write_bytes(saved(halves(), "PNG"))
    (folder / "link.png").unlink(missing_ok=True)
    (folder / "link.png").symlink_to(secret)
