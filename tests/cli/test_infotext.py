"""`wetplate infotext`: JSON out, or one line and exit status 2."""

import io
import json
import subprocess
import sys
from pathlib import Path

from PIL import Image, PngImagePlugin

TEXT = "a shoe\nNegative prompt: ugly\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"
ONE_LINE = "a shoe, Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"
FIELDS = {"Steps": "20", "Sampler": "Euler a", "CFG scale": "7", "Seed": "1", "Size": "512x512"}


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "wetplate", "infotext", *arguments],
        input=given,
        capture_output=True,
        check=False,
    )


def png(text: str) -> bytes:
    info, body = PngImagePlugin.PngInfo(), io.BytesIO()
    info.add_text("parameters", text)
    Image.new("RGB", (8, 8)).save(body, "PNG", pnginfo=info)
    return body.getvalue()


def test_prints_json(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    done = run(str(tmp_path / "a.txt"))
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == {
        "prompt": "a shoe",
        "negative_prompt": "ugly",
        "parameters": FIELDS,
        "assumed": [],
        "dropped": [],
    }


def test_standard_input_may_be_text_or_an_image() -> None:
    for given in (ONE_LINE.encode(), png(TEXT)):
        assert json.loads(run("-", given=given).stdout)["parameters"] == FIELDS


def test_strict_refuses_in_one_line() -> None:
    done = run("--strict", "-", given=ONE_LINE.encode())
    assert (done.returncode, done.stdout) == (2, b"")
    assert len(done.stderr.splitlines()) == 1
    assert b"standard input: not a strict infotext" in done.stderr


def test_what_is_no_infotext_exits_2_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(png(TEXT)[:-20])
    given = [b"", b"hello", b"\x00\x01\xff\xfe", b'{"a": 1}', b"{" * 100_000]
    refused = [run("-", given=body) for body in given]
    refused += [run(str(tmp_path / "cut.png")), run(str(tmp_path / "missing")), run(str(tmp_path))]
    for done in refused:
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, b"", 1), done.stderr


def test_half_a_surrogate_is_printed_as_an_escape() -> None:
    done = run("-", given=TEXT.encode() + b', Note: "a\\ud800,"')
    assert json.loads(done.stdout)["parameters"]["Note"] == "a\ud800,"
