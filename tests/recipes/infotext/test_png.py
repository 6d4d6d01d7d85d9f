"""PNG text chunks: all three kinds are read, damage and bombs are refused by name."""

import struct
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.png import LARGEST, SIGNATURE, texts

END = struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes) -> bytes:
    return b"".join([SIGNATURE, chunk(b"IHDR", bytes(13)), *chunks, END])


def found(*chunks: bytes) -> dict[str, str]:
    return texts(png(*chunks), ("parameters",))


@pytest.mark.parametrize(
    "data",
    [
        chunk(b"tEXt", b"parameters\0sh\xf6e"),
        chunk(b"zTXt", b"parameters\0\0" + zlib.compress(b"sh\xf6e")),
        chunk(b"iTXt", b"parameters\0\0\0en\0\0" + "shöe".encode()),
        chunk(b"iTXt", b"parameters\0\1\0\0\0" + zlib.compress("shöe".encode())),
    ],
)
def test_every_kind_of_text_is_read_before_and_behind_the_pixels(data: bytes) -> None:
    assert found(data) == {"parameters": "shöe"}
    assert found(chunk(b"IDAT", b"pixels"), data) == {"parameters": "shöe"}


def test_the_first_of_a_keyword_counts_and_others_are_left_alone() -> None:
    assert found(
        chunk(b"zTXt", b"Comment\0\0no zlib at all"),
        chunk(b"tEXt", b"parameters\0first"),
        chunk(b"tEXt", b"parameters\0second"),
    ) == {"parameters": "first"}


def test_what_stands_behind_the_end_is_not_read() -> None:
    assert texts(png() + chunk(b"tEXt", b"parameters\0x"), ("parameters",)) == {}


@pytest.mark.parametrize("cut", [1, 4, 11, 12, 20, 30])
def test_a_truncated_file_is_refused(cut: int) -> None:
    body = png(chunk(b"tEXt", b"parameters\0a shoe"))
    with pytest.raises(InfotextError, match="the PNG is truncated"):
        texts(body[:-cut], ("parameters",))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (chunk(b"tEXt", b"parameters\0x")[:-1] + b"!", "the checksum of a text does not hold"),
        (chunk(b"zTXt", b"parameters\0\0no zlib"), "cannot be inflated"),
        (chunk(b"zTXt", b"parameters\0\0" + zlib.compress(b"a shoe")[:-3]), "ends too early"),
        (chunk(b"iTXt", b"parameters\0\0\0en"), "an iTXt chunk ends too early"),
        (chunk(b"iTXt", b"parameters\0\0\0\0\0\xff"), "holds no UTF-8"),
        (chunk(b"tEXt", b"parameters\0" + b"x" * LARGEST), "a text of more than"),
        (chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(1 << 28))), "inflates to more than"),
    ],
)
def test_damage_and_bombs_are_refused(data: bytes, why: str) -> None:
    with pytest.raises(InfotextError, match=why):
        found(data)


def test_a_length_beyond_the_file_is_a_truncation() -> None:
    with pytest.raises(InfotextError, match="truncated"):
        texts(SIGNATURE + b"\xff\xff\xff\xfftEXtparameters\0x", ("parameters",))


def test_countless_chunks_are_refused_in_good_time() -> None:
    began = time.perf_counter()
    with pytest.raises(InfotextError, match="more than 100000 chunks"):
        texts(SIGNATURE + chunk(b"fdAT", b"") * 200_000, ("parameters",))
    assert time.perf_counter() - began < 3


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tail: bytes) -> None:
    try:
        texts(SIGNATURE + tail, ("parameters",))
    except InfotextError:
        return
