"""The bad inputs 22 to 39 of the delivery research, through real workers with real limits, and mutated files.

What every one of them must get is written beside it; whatever it gets, the next good picture is made.
FUZZ_EXAMPLES in the environment says how many mutated files are sent; thousands are a matter of minutes.
"""

import multiprocessing
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.delivery import bad_images as bad
from tests.imaging.test_decode import chunk, png, saved
from tests.imaging.test_thumbnail import ODD, SMOOTH, sixteen, wide_gamut
from wetplate.delivery.transforms.worker import Job, Made
from wetplate.delivery.transforms.workers import Workers, died
from wetplate.derivatives import tiers
from wetplate.derivatives.transform import read
from wetplate.errors import TransformFailed
from wetplate.imaging.chunks import foreign
from wetplate.imaging.codec import PNG, decode, encode
from wetplate.imaging.compare import psnr
from wetplate.imaging.lending import lent
from wetplate.imaging.pixels import opaque
from wetplate.imaging.resize import downscale
from wetplate.provenance.metadata import mark, xmp_packet
from wetplate.settings import ROOT

MEMORY, SECONDS = 384 * 2**20, 8
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))

Ask = Callable[..., Made]


def job(file: str, text: str = "w64.png") -> Job:
    asked = read(text)
    return Job(file, asked, tiers.fast(asked, asked.width), xmp_packet(), SECONDS)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers(2, memory=MEMORY, seconds=SECONDS)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def hasty() -> Iterator[Workers]:
    """One worker that is killed after a second."""
    made = Workers(1, memory=MEMORY, seconds=1)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def ask(workers: Workers) -> Ask:
    def ask(body: bytes, text: str = "w64.png") -> Made:
        with lent(body) as file:
            return workers.make(job(file, text))

    return ask


@pytest.fixture(autouse=True)
def _others_are_served(ask: Ask) -> Iterator[None]:
    yield
    made = ask(bad.good())
    assert (made.width, made.height) == (64, 48)
    assert made.peak < MEMORY


def refused(ask: Ask, reason: str, *bodies: bytes) -> None:
    for body in bodies:
        with pytest.raises(TransformFailed) as said:
            ask(body)
        assert said.value.reason == reason, said.value


def answered(ask: Ask, body: bytes) -> Made | str:
    """What was made, looked at; or the reason why not."""
    try:
        made = ask(body)
    except TransformFailed as error:
        return error.reason
    assert foreign(made.body) == []
    assert made.peak < MEMORY
    assert decode(made.body).shape[:2] == (made.height, made.width)
    return made


def test_22_23_pixels_are_counted_before_they_are_decoded(ask: Ask) -> None:
    refused(ask, "too_large", bad.one_bit_bomb(), png(60_000, 60_000, chunk(b"IDAT", bytes(43))))


def test_24_25_what_is_no_picture(ask: Ask) -> None:
    refused(ask, "unsupported", b"", b"\0", bad.HTML, bytes(1000))


@pytest.mark.parametrize("format", bad.FORMATS)
def test_26_half_a_picture_is_never_given(ask: Ask, format: str) -> None:
    body = bad.good(format)
    for end in (len(body) - 1, len(body) - 12, len(body) // 2, len(body) // 9 + 40):
        with pytest.raises(TransformFailed) as said:
            ask(body[:end])
        assert said.value.reason in ("corrupt", "unsupported")


def test_27_38_moving_pictures(ask: Ask) -> None:
    gif = saved(bad.PICTURE, "GIF", save_all=True, append_images=[bad.PICTURE.rotate(90)])
    avif = saved(bad.PICTURE, "AVIF", save_all=True, append_images=[bad.PICTURE.rotate(90)])
    refused(ask, "unsupported", bad.apng(10_000), bad.animated_webp(10_000), gif, avif)


def test_28_an_avif_of_many_tiles(ask: Ask) -> None:
    small = ask(bad.avif_grid(2, 2))
    assert (small.width, small.height) == (64, 64)
    assert np.abs(decode(small.body)[30, 30].astype(int) - (200, 30, 40)).max() < 12
    lying = bad.good("AVIF")
    at = lying.index(b"ispe") + 8
    with pytest.raises(TransformFailed) as said:
        ask(bad.avif_grid(256, 256))
    assert said.value.reason in ("too_large", "corrupt")
    with pytest.raises(TransformFailed) as said:
        ask(lying[:at] + struct.pack(">II", 65_535, 65_535) + lying[at + 8 :])
    assert said.value.reason in ("too_large", "corrupt")


def test_29_what_inflates(ask: Ask) -> None:
    """Read or refused: either way little memory is taken and nothing of it leaves."""
    xmp = b"XML:com.adobe.xmp\0\1\0\0\0" + bad.inflating()
    bombs = {
        "zTXt": bad.with_chunk(b"zTXt", b"parameters\0\0" + bad.inflating()),
        "iTXt": bad.with_chunk(b"iTXt", xmp),
        "iCCP": bad.with_chunk(b"iCCP", b"icc\0\0" + bad.inflating()),
        "eXIf": bad.with_chunk(b"eXIf", b"II*\0" + bytes(10 * 2**20)),
        "exif": bad.with_segment(b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(5 * 2**20)),
        "webp": bad.with_webp_chunk(b"XMP ", bytes(20 * 2**20)),
        "pixels": png(100, 100, chunk(b"IDAT", bad.inflating())),
    }
    for body in bombs.values():
        made = answered(ask, body)
        assert isinstance(made, Made) or made in ("corrupt", "too_large")


def test_30_scans_and_sides(ask: Ask) -> None:
    refused(ask, "corrupt", bad.many_scans(1000))
    refused(
        ask,
        "too_large",
        saved(Image.new("RGB", (65_500, 1)), "JPEG"),
        saved(Image.new("RGB", (65_535, 1))),
        saved(Image.new("RGB", (1, 65_535))),
    )


@pytest.mark.parametrize(
    "name",
    [
        "CMYK, inverted",
        "P3",
        "P3 jpeg",
        "grey with alpha",
        "palette with a clear entry",
        "16 bit grey",
        "16 bit colour with alpha",
    ],
)
def test_31_32_33_odd_but_honest(ask: Ask, name: str) -> None:
    made = ask(ODD[name], "w96.png")
    expected = downscale(decode(ODD[name]), 96)
    assert psnr(opaque(decode(made.body)), opaque(expected)) > 33
    assert decode(made.body).shape == expected.shape
    assert mark(made.body)


def test_32_a_broken_profile(ask: Ask) -> None:
    refused(
        ask,
        "corrupt",
        bad.good(icc_profile=b"no profile" * 40),
        bad.good("JPEG", icc_profile=wide_gamut()[:300]),
    )


@pytest.mark.parametrize("orientation", [3, 6, 8, 0, 9, 65_535])
def test_34_upright(ask: Ask, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = ask(bad.good("JPEG", exif=exif))
    assert (made.width > made.height) == (orientation not in (6, 8))


def test_35_two_files_in_one(ask: Ask) -> None:
    archive = b"PK\x03\x04" + bad.HTML + bytes(200) + b"PK\x05\x06" + bytes(18)
    for body in (
        bad.good() + bad.HTML,
        bad.with_chunk(b"tEXt", b"Comment\0" + bad.HTML),
        bad.good("JPEG", comment=bad.HTML),
        bad.good("JPEG") + archive + b"\xff\xd9",
        bad.with_webp_chunk(b"HTML", bad.HTML),
    ):
        for text in ("w64.png", "w64.jpg", "w64.webp", "w64.avif"):
            made = ask(body, text)
            assert foreign(made.body) == []
            assert b"alert(1)" not in made.body
    refused(ask, "unsupported", b"GIF89a" + archive, bad.HTML + bad.good())


def test_36_drawings_that_act(ask: Ask) -> None:
    ns = b"<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink'>"
    laughs = b"<!DOCTYPE s [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"
    refused(
        ask, "unsupported",
        ns + b"<script>alert(1)</script></svg>", ns + b"<image x:href='file:///etc/passwd'/></svg>",
        ns + b"<foreignObject/></svg>", laughs + ns + b"<text>&b;</text></svg>",
        b"<?xml version='1.0'?>" + ns + b"</svg>", zlib.compress(ns),
        ns + b"<a x:href='java&#115;cript:alert(1)'/></svg>",
    )  # fmt: skip


def test_37_formats_that_are_not_ours(ask: Ask) -> None:
    written = [
        saved(bad.PICTURE, each)
        for each in ("TIFF", "BMP", "GIF", "EPS", "JPEG2000", "PPM", "ICO", "TGA", "PDF")
    ]
    heads = (
        b"8BPS\0\1",
        b"SIMPLE  =                    T",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\xff\x0a",
        b"\0\0\0\x1cftypheic",
    )
    refused(ask, "unsupported", *written, *(head + bytes(100) for head in heads))


def test_39_who_takes_too_long_is_killed_and_nobody_else(ask: Ask, hasty: Workers, tmp_path: Path) -> None:
    """One worker waits for bytes that never come; the others go on, and it is replaced."""
    endless = tmp_path / "endless"
    os.mkfifo(endless)
    outcome: list[str] = []

    def wait() -> None:
        try:
            hasty.make(job(str(endless)))
        except TransformFailed as error:
            outcome.append(error.reason)

    thread = threading.Thread(target=wait)
    thread.start()
    assert ask(bad.good()).width == 64
    thread.join()
    assert outcome == ["timeout"]
    with lent(bad.good()) as file:
        assert hasty.make(job(file)).width == 64


def test_39_every_worker_has_limits(ask: Ask) -> None:
    """As the kernel knows them, after a job; CPU time ends a worker that no server watches any more."""
    ask(bad.good())
    told = [Path(f"/proc/{each.pid}/limits").read_text() for each in multiprocessing.active_children()]
    limits = [dict(re.findall(r"Max ([a-z ]+?)  +(\d+|unlimited)", each)) for each in told]
    ours = [soft for soft in limits if soft["data size"] == str(MEMORY)]
    assert len(ours) >= 2
    assert all(soft["core file size"] == soft["file size"] == "0" for soft in ours)
    assert any(int(soft["cpu time"]) < 10 * SECONDS for soft in ours if soft["cpu time"].isdigit())
    assert died(-signal.SIGXCPU).reason == "timeout"
    assert died(-signal.SIGSEGV).reason == "internal"


def test_39_memory_has_an_end(ask: Ask) -> None:
    """What libwebp wants to hold whole: 49 megapixels in 4 bytes each, and again 3."""
    flat = saved(Image.new("RGB", (8_000, 6_200), (9, 9, 9)), "WEBP", lossless=True, method=0, quality=0)
    refused(ask, "oom", flat)


def test_a_worker_that_dies_is_one_refused_job(tmp_path: Path) -> None:
    """Killed at work as by the kernel for want of memory, then killed idle: the next job finds another."""
    endless = tmp_path / "endless"
    os.mkfifo(endless)

    def kill() -> None:
        for process in multiprocessing.active_children():
            if process.pid not in others:
                os.kill(process.pid or 0, signal.SIGKILL)

    others = {each.pid for each in multiprocessing.active_children()}
    hasty = Workers(1, memory=MEMORY, seconds=5)
    hasty.start()
    timer = threading.Timer(0.2, kill)
    timer.start()
    with pytest.raises(TransformFailed) as said:
        hasty.make(job(str(endless)))
    assert said.value.reason == "oom"
    with lent(bad.good()) as file:
        assert hasty.make(job(file)).width == 64
        kill()
        assert hasty.make(job(file)).width == 64
        kill()
        time.sleep(0.3)
        assert hasty.make(job(file)).width == 64
    hasty.stop()


def test_a_worker_loads_no_catalog() -> None:
    """What a decoder's bug could reach: no database, no network, no painter; and it starts in no time."""
    told = "import sys, wetplate.delivery.transforms.worker; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT
    )
    names = {name.split(".")[0] for name in loaded.stdout.split()}
    assert not names & {
        "sqlalchemy",
        "psycopg",
        "boto3",
        "starlette",
        "torch",
        "dagster",
        "prometheus_client",
    }


SEEDS = [bad.good(format) for format in bad.FORMATS] + [
    sixteen("RGBA"),
    bad.good("JPEG", progressive=True),
    bad.avif_grid(2, 1),
    saved(Image.fromarray(SMOOTH).quantize(16), transparency=3),
    encode(SMOOTH, PNG),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    body = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, min(len(body) - 1, 600)) | st.integers(0, len(body) - 1))
        match draw(st.sampled_from(("flip", "set", "cut", "repeat", "number"))):
            case "flip":
                body[at] ^= 1 << draw(st.integers(0, 7))
            case "set":
                body[at] = draw(st.sampled_from((0, 1, 0x7F, 0x80, 0xFF)))
            case "cut":
                del body[at : at + draw(st.integers(1, 40))]
            case "repeat":
                body[at:at] = body[at : at + draw(st.integers(1, 40))]
            case "number":
                body[at : at + 4] = struct.pack(
                    ">I", draw(st.sampled_from((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 65_535)))
                )
        if not body:
            break
    return bytes(body)


def test_mutated_files_are_answered(ask: Ask) -> None:
    """Made or refused by name: never a crash, never a file that carries more than pixels and mark."""

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(mutated())
    def run(body: bytes) -> None:
        made = answered(ask, body)
        assert isinstance(made, Made) or made in ("corrupt", "unsupported", "too_large", "oom")

    run()
