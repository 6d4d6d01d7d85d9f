"""Tesseract behind the Reader port: the `tesseract` command, one process a picture, no network.

It reads pages. On plain grounds it reads well; on photographs it finds 1 text where RapidOCR finds 13.
"""

import io
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wetplate.errors import ModelError
from wetplate.moderation.reading import Line

ABSENT = "not installed"
#: Sparse text in no order; words as a table.
COMMAND = ("tesseract", "stdin", "stdout", "--psm", "11", "-l", "eng", "tsv")


class TesseractReader:
    """Reads with Tesseract; `seconds` are allowed per picture."""

    def __init__(self, seconds: float) -> None:
        self.revision, self._seconds = installed(), seconds

    def lines(self, picture: NDArray[np.uint8]) -> list[Line]:
        """The lines of the picture. Raises ModelError."""
        if self.revision == ABSENT:
            raise ModelError("not installed; install Tesseract, on Debian: apt-get install tesseract-ocr")
        body = io.BytesIO()
        Image.fromarray(picture).save(body, "PPM")
        done = subprocess.run(
            COMMAND,
            input=body.getvalue(),
            capture_output=True,
            timeout=self._seconds,
            env={"PATH": _path(), "OMP_THREAD_LIMIT": "1"},
        )
        if done.returncode:
            raise ModelError(done.stderr.decode(errors="replace").strip()[-200:] or f"exit {done.returncode}")
        return list(parsed(done.stdout.decode()))

    def close(self) -> None:
        """Nothing stays open."""


def parsed(table: str) -> Iterator[Line]:
    """The lines of Tesseract's table of words."""
    words = defaultdict[tuple[str, ...], list[list[str]]](list)
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) == 12 and cells[0] == "5" and cells[11].strip():
            words[tuple(cells[1:5])].append(cells)
    for line in words.values():
        boxes = np.array([[int(cell) for cell in cells[6:10]] for cells in line])
        left, top = boxes[:, :2].min(axis=0)
        right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
        sure = min(float(cells[10]) for cells in line) / 100
        text = " ".join(cells[11].strip() for cells in line)
        yield Line(text, max(0.0, sure), (int(left), int(top), int(right - left), int(bottom - top)))


@cache
def installed() -> str:
    """Version of the command; ABSENT where there is none."""
    if shutil.which("tesseract") is None:
        return ABSENT
    done = subprocess.run(("tesseract", "--version"), capture_output=True, text=True, timeout=20)
    said = (done.stdout or done.stderr).split()
    return f"tesseract {said[1]}" if len(said) > 1 else ABSENT


def _path() -> str:
    found = shutil.which("tesseract") or ""
    return found.rpartition("/")[0]
