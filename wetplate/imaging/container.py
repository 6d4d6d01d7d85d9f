"""What a picture file is, told before any decoder sees it: format, size, end mark, scans, frames.

Here: looks at the container of an open file, in pieces, so that a large one is never in memory as a whole.
Not here: pixels (`decode`, `thumbnail`), what else a file may carry (`chunks`).
"""

from collections.abc import Iterator
from typing import BinaryIO

from wetplate.errors import ImageError, ImageTooLarge, ImageUnsupported
from wetplate.imaging.formats import sniff
from wetplate.imaging.limits import Limits

HEAD = 4096
PIECE = 1 << 20
END_MARKS = {"png": b"IEND\xaeB`\x82", "jpeg": b"\xff\xd9", "avif": b""}
SCAN = b"\xff\xda"


def checked(file: BinaryIO, limits: Limits) -> str:
    """The format of a file that is no larger than allowed and has its end.

    Decoders forgive a missing end mark once all pixels were seen; we do not. Raises ImageTooLarge,
    ImageUnsupported, ImageError.
    """
    length = file.seek(0, 2)
    if length > limits.size:
        raise ImageTooLarge(f"the file has {length:,} bytes, {limits.size:,} are allowed; export it smaller")
    head, tail = _at(file, 0), _at(file, max(0, length - HEAD))
    name = sniff(head)
    if not _ended(name, length, head, tail):
        raise ImageError(f"the {name} file has no end mark: it was cut short; fetch or export it again")
    if name == "jpeg" and _scans(file) > limits.scans:
        raise ImageError(f"the JPEG has more than {limits.scans} scans; export it as a plain one")
    return name


def fits(width: int, height: int, limits: Limits) -> None:
    """Return if a picture of this size may be decoded. Raises ImageTooLarge."""
    if width * height > limits.pixels or max(width, height) > limits.side:
        raise ImageTooLarge(
            f"the picture is {width} × {height}; at most {limits.pixels:,} pixels and {limits.side:,} a side "
            "are allowed; export it smaller"
        )


def single(frames: int) -> None:
    """Return if the picture is one picture. Raises ImageUnsupported."""
    if frames > 1:
        raise ImageUnsupported(f"the picture has {frames} frames; export a single one")


def frames(name: str, file: BinaryIO) -> int:
    """How many frames the container announces: exact for PNG, else 2 stands for several."""
    head = _at(file, 0)
    if name == "png":
        return _png_frames(file)
    moving = {"webp": head[12:16] == b"VP8X" and bool(head[20] & 2), "avif": head[8:12] == b"avis"}
    return 2 if moving.get(name) else 1


def profiled(name: str, file: BinaryIO) -> bool:
    """Whether a PNG carries a colour profile, readable or not; libpng drops those it does not like."""
    return name == "png" and any(kind == b"iCCP" for kind, _ in _before_pixels(file))


def _ended(name: str, length: int, head: bytes, tail: bytes) -> bool:
    if name == "webp":
        return length >= int.from_bytes(head[4:8], "little") + 8
    return END_MARKS[name] in tail


def _scans(file: BinaryIO) -> int:
    """How often a scan begins, also across the borders of the pieces read."""
    found, before = 0, b""
    for piece in _pieces(file):
        found += (before + piece).count(SCAN)
        before = piece[-1:]
    return found


def _png_frames(file: BinaryIO) -> int:
    """What an `acTL` chunk before the pixels says."""
    for kind, start in _before_pixels(file):
        if kind == b"acTL":
            file.seek(start)
            return int.from_bytes(file.read(4), "big")
    return 1


def _before_pixels(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Kind and start of each PNG chunk before the first with pixels."""
    at = 8
    while True:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IDAT":
            return
        yield head[4:], at + 8
        at += 12 + int.from_bytes(head[:4], "big")


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _at(file: BinaryIO, start: int) -> bytes:
    file.seek(start)
    return file.read(HEAD)
