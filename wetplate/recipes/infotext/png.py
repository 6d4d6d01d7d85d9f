"""Text chunks of a PNG, read without touching its pixels.

Here: tEXt, zTXt and iTXt under the keywords asked for. Not here: what the texts say. Untrusted input: the
file must be whole, checksums must hold, and nothing is inflated beyond a limit.
"""

import zlib
from collections.abc import Callable, Collection, Iterator

from wetplate.errors import InfotextError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST = 1 << 22
MOST_CHUNKS = 100_000


def texts(body: bytes, keywords: Collection[str]) -> dict[str, str]:
    """The texts under the keywords, the first of each. Raises InfotextError for a damaged file."""
    found: dict[str, str] = {}
    for kind, data in _chunks(body):
        keyword, mark, _ = data[:80].partition(b"\0")
        name = keyword.decode("latin-1")
        if kind in _READERS and mark and name in keywords and name not in found:
            found[name] = _READERS[kind](data[len(keyword) + 1 :])
    return found


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and data of each chunk up to IEND; only texts are copied and checked."""
    at = len(SIGNATURE)
    for _ in range(MOST_CHUNKS):
        length, kind = int.from_bytes(body[at : at + 4]), body[at + 4 : at + 8]
        end = at + 8 + length
        if end + 4 > len(body):
            raise InfotextError("the PNG is truncated: it ends in the middle of a chunk")
        if kind == b"IEND":
            return
        if kind in _READERS:
            yield kind, _checked(body, at, end)
        at = end + 4
    raise InfotextError(f"the PNG has more than {MOST_CHUNKS} chunks")


def _checked(body: bytes, at: int, end: int) -> bytes:
    if end - at > LARGEST:
        raise InfotextError(f"the PNG has a text of more than {LARGEST} bytes")
    if zlib.crc32(body[at + 4 : end]) != int.from_bytes(body[end : end + 4]):
        raise InfotextError("the PNG is damaged: the checksum of a text does not hold")
    return body[at + 8 : end]


def _plain(data: bytes) -> str:
    return data.decode("latin-1")


def _compressed(data: bytes) -> str:
    return _inflated(data[1:]).decode("latin-1")


def _international(data: bytes) -> str:
    flag, rest = data[:1], data[2:]
    pieces = rest.split(b"\0", 2)
    if len(pieces) < 3:
        raise InfotextError("the PNG is damaged: an iTXt chunk ends too early")
    return _utf8(_inflated(pieces[2]) if flag == b"\1" else pieces[2])


def _utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InfotextError("the PNG is damaged: an iTXt chunk holds no UTF-8") from error


def _inflated(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(data, LARGEST + 1)
    except zlib.error as error:
        raise InfotextError("the PNG is damaged: a compressed text cannot be inflated") from error
    if len(text) > LARGEST:
        raise InfotextError(f"the PNG has a text that inflates to more than {LARGEST} bytes")
    if not stream.eof:
        raise InfotextError("the PNG is damaged: a compressed text ends too early")
    return text


_READERS: dict[bytes, Callable[[bytes], str]] = {
    b"tEXt": _plain,
    b"zTXt": _compressed,
    b"iTXt": _international,
}
