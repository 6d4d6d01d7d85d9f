"""What a file carries besides pixels, by the names of its parts.

Here: the names of PNG chunks, JPEG segments, WebP chunks, AVIF boxes and items, and the allow-list of those
that may stand in a public file. Not here: what is inside them. No pixel is decoded.

Allowed beyond what pixels need: the XMP packet and Content Credentials (C2PA). Not allowed: text, EXIF,
comments, thumbnails, time stamps, anything unknown.
"""

from collections.abc import Iterator

from wetplate.errors import ImageError
from wetplate.imaging.formats import sniff

XMP = "xmp"
C2PA = "c2pa"
ALLOWED = {
    "png": {"IHDR", "PLTE", "tRNS", "IDAT", "IEND", XMP, C2PA},
    "jpeg": {"SOI", "JFIF", "DQT", "SOF", "DHT", "DRI", "SOS", "EOI", XMP, C2PA},
    "webp": {"VP8 ", "VP8L", "VP8X", "ALPH", XMP, C2PA},
    "avif": {"ftyp", "meta", "mdat", "free", "item av01", XMP, C2PA},
}


def names(body: bytes) -> list[str]:
    """The parts of the file in order. Raises ImageError when the container is broken or carries a tail."""
    return list(_READERS[sniff(body)](body))


def foreign(body: bytes) -> list[str]:
    """The parts that must not stand in a public file; empty is good."""
    allowed = ALLOWED[sniff(body)]
    return [name for name in names(body) if name not in allowed]


def _png(body: bytes) -> Iterator[str]:
    at = 8
    while at < len(body):
        length, kind = _int(body, at), body[at + 4 : at + 8].decode("latin-1")
        content = body[at + 8 : at + 8 + length]
        yield {"caBX": C2PA}.get(kind, XMP if content.startswith(b"XML:com.adobe.xmp\0") else kind)
        at = _next(body, at + 12 + length)
        if kind == "IEND" and at != len(body):
            yield "tail"
            return


def _jpeg(body: bytes) -> Iterator[str]:
    yield "SOI"
    at = 2
    while at < len(body):
        marker = body[at + 1] if body[at] == 0xFF and at + 1 < len(body) else None
        if marker is None:
            raise ImageError(f"JPEG segment expected at byte {at}")
        if marker == 0xD9:
            yield from ("EOI", "tail") if at + 2 != len(body) else ("EOI",)
            return
        length = int.from_bytes(body[at + 2 : at + 4], "big")
        yield _segment(marker, body[at + 4 : at + 2 + length])
        at = _next(body, at + 2 + length)
        at = _after_scan(body, at) if marker == 0xDA else at


def _segment(marker: int, content: bytes) -> str:
    if marker == 0xE0 and content.startswith(b"JFIF\0"):
        return "JFIF"
    if marker == 0xE1 and content.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
        return XMP
    if marker == 0xEB and content.startswith(b"JP"):
        return C2PA
    if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
        return "SOF"
    return {0xDB: "DQT", 0xC4: "DHT", 0xDD: "DRI", 0xDA: "SOS"}.get(marker, f"FF{marker:02X}")


def _after_scan(body: bytes, at: int) -> int:
    """The next marker after entropy-coded data (stuffed zeros and restart marks belong to the data)."""
    while (at := body.find(b"\xff", at)) >= 0 and at + 1 < len(body):
        if body[at + 1] != 0 and not 0xD0 <= body[at + 1] <= 0xD7:
            return at
        at += 2
    raise ImageError("JPEG scan without an end")


def _webp(body: bytes) -> Iterator[str]:
    at = 12
    while at < len(body):
        kind, length = body[at : at + 4].decode("latin-1"), int.from_bytes(body[at + 4 : at + 8], "little")
        yield {"XMP ": XMP, "C2PA": C2PA}.get(kind, kind)
        at = _next(body, at + 8 + length + length % 2)


def _avif(body: bytes) -> Iterator[str]:
    for kind, start, end in _boxes(body, 0, len(body)):
        yield C2PA if kind == "uuid" and body[start : start + 16] == _C2PA_UUID else kind
        if kind == "meta":
            yield from _items(body, start + 4, end)


_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def _boxes(body: bytes, at: int, end: int) -> Iterator[tuple[str, int, int]]:
    while at < end:
        length, kind = _int(body, at), body[at + 4 : at + 8].decode("latin-1")
        head = 16 if length == 1 else 8
        length = {0: end - at, 1: int.from_bytes(body[at + 8 : at + 16], "big")}.get(length, length)
        if length < head or at + length > end:
            raise ImageError(f"AVIF box {kind!r} at byte {at} is longer than what holds it")
        yield kind, at + head, at + length
        at += length


def _items(body: bytes, start: int, end: int) -> Iterator[str]:
    """The items a `meta` box announces: `item av01`, `xmp`, `item Exif`, ..."""
    for kind, inside, until in _boxes(body, start, end):
        if kind == "iinf":
            first = inside + (6 if body[inside] == 0 else 8)
            for _, entry, entry_end in _boxes(body, first, until):
                yield _item(body[entry:entry_end])


def _item(entry: bytes) -> str:
    wide = 2 if entry[0] == 3 else 0
    kind = entry[8 + wide : 12 + wide]
    if kind == b"mime" and b"application/rdf+xml\0" in entry:
        return XMP
    return f"item {kind.decode('latin-1')}"


_READERS = {"png": _png, "jpeg": _jpeg, "webp": _webp, "avif": _avif}


def _int(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 4], "big")


def _next(body: bytes, at: int) -> int:
    if at > len(body):
        raise ImageError(f"the container announces {at:,} bytes and has {len(body):,}")
    return at
