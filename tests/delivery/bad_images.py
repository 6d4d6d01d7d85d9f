"""Files made to harm a decoder, small on disk and real: what `test_bad_images` sends to the workers."""

import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image

from tests.imaging.test_decode import chunk, png, saved

RNG = np.random.default_rng(22)
PICTURE = Image.fromarray(
    np.asarray(
        Image.fromarray(RNG.integers(0, 255, (6, 8, 3)).astype(np.uint8)).resize(
            (160, 120), Image.Resampling.BICUBIC
        )
    )
)
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF")
HTML = b"<html><script>alert(1)</script></html>"


def good(format: str = "PNG", **options: object) -> bytes:
    return saved(PICTURE, format, **options)


@cache
def inflating() -> bytes:
    """100 MB of nothing, compressed."""
    return zlib.compress(bytes(100 * 2**20), 1)


def with_chunk(kind: bytes, content: bytes) -> bytes:
    """The good PNG with one more chunk behind its header."""
    body = good()
    return body[:33] + chunk(kind, content) + body[33:]


def with_segment(content: bytes) -> bytes:
    """The good JPEG with as many APP1 segments as the content needs."""
    body = good("JPEG")
    pieces = [content[at : at + 65_000] for at in range(0, len(content), 65_000)]
    return body[:2] + b"".join(b"\xff\xe1" + struct.pack(">H", len(p) + 2) + p for p in pieces) + body[2:]


def with_webp_chunk(kind: bytes, content: bytes) -> bytes:
    """The good WebP with one more chunk at its end."""
    return riff(good("WEBP")[12:] + kind + struct.pack("<I", len(content)) + content)


def riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def one_bit_bomb() -> bytes:
    """20,000 × 20,000 in 48 KB."""
    rows = zlib.compress(bytes((20_000 // 8 + 1) * 20_000))
    return png(20_000, 20_000, chunk(b"IDAT", rows), depth=1, colour=0)


def many_scans(count: int, size: tuple[int, int] = (160, 120)) -> bytes:
    """A progressive JPEG whose last scan comes so many times more: each goes over every block."""
    body = saved(Image.new("L", size, 90), "JPEG", progressive=True, quality=30)
    last = body.rfind(b"\xff\xda")
    return body[:-2] + body[last:-2] * count + body[-2:]


def apng(frames: int) -> bytes:
    """A PNG that announces so many frames."""
    return with_chunk(b"acTL", struct.pack(">II", frames, 0))


def animated_webp(frames: int) -> bytes:
    """A WebP that really has so many frames, all the same."""
    pair = saved(PICTURE, "WEBP", save_all=True, append_images=[PICTURE.rotate(90)])
    start = pair.index(b"ANMF")
    length = 8 + int.from_bytes(pair[start + 4 : start + 8], "little")
    return riff(pair[12:start] + pair[start : start + length] * frames)


def avif_grid(across: int, down: int, tile: tuple[int, int] = (64, 64)) -> bytes:
    """An AVIF put together of so many tiles, all of them the same few bytes."""
    single = saved(Image.new("RGB", tile, (200, 30, 40)), "AVIF", quality=50)
    at = single.index(b"av1C") - 4
    config = single[at : at + int.from_bytes(single[at : at + 4], "big")]
    mdat = single.index(b"mdat")
    data = single[mdat + 4 : mdat - 4 + int.from_bytes(single[mdat - 4 : mdat], "big")]
    tiles = across * down
    size = (across * tile[0], down * tile[1])
    grid = bytes([0, 1, down - 1, across - 1]) + struct.pack(">II", *size)
    ftyp = box(b"ftyp", b"avif" + bytes(4) + b"avifmif1miafMA1B")
    meta = b""
    for _ in range(2):  # the second time the length of `meta`, and so where the data lies, is known
        start = len(ftyp) + len(meta) + 8
        meta = _grid_meta(tiles, size, tile, config, (start, len(grid)), (start + len(grid), len(data)))
    return ftyp + meta + box(b"mdat", grid + data)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def full(kind: bytes, content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags) + content)


def _grid_meta(
    tiles: int,
    size: tuple[int, int],
    tile: tuple[int, int],
    config: bytes,
    grid_at: tuple[int, int],
    data_at: tuple[int, int],
) -> bytes:
    ids = range(2, tiles + 2)
    hdlr = full(b"hdlr", bytes(4) + b"pict" + bytes(13))
    pitm = full(b"pitm", struct.pack(">I", 1), version=1)
    entries = full(b"infe", struct.pack(">IH", 1, 0) + b"grid\0", version=3)
    entries += b"".join(full(b"infe", struct.pack(">IH", n, 0) + b"av01\0", version=3, flags=1) for n in ids)
    iinf = full(b"iinf", struct.pack(">I", tiles + 1) + entries, version=1)
    places = [(1, grid_at), *((n, data_at) for n in ids)]
    located = b"".join(struct.pack(">IHHHII", n, 0, 0, 1, *place) for n, place in places)
    iloc = full(b"iloc", b"\x44\x00" + struct.pack(">I", tiles + 1) + located, version=2)
    refers = struct.pack(">IH", 1, tiles & 0xFFFF) + b"".join(struct.pack(">I", n) for n in ids)
    iref = full(b"iref", box(b"dimg", refers), version=1)
    shapes = [full(b"ispe", struct.pack(">II", *each)) for each in (size, tile)]
    pixi = full(b"pixi", b"\3\x08\x08\x08")
    ipco = box(b"ipco", shapes[0] + shapes[1] + config + pixi)
    owned = struct.pack(">IB", 1, 2) + bytes([1, 4])
    owned += b"".join(struct.pack(">IB", n, 3) + bytes([2, 0x83, 4]) for n in ids)
    ipma = full(b"ipma", struct.pack(">I", tiles + 1) + owned, version=1)
    return full(b"meta", hdlr + pitm + iinf + iloc + iref + box(b"iprp", ipco + ipma))
