"""What makes a set of files from a picture: the same contract for sharp, Pillow and ours.

A `Plan` says the quality of each (width, format). A stack's CPU is that of its whole process, all threads.
"""

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image

Key: TypeAlias = tuple[int, str]
Plan: TypeAlias = Mapping[Key, int]


@dataclass(frozen=True)
class Made:
    """The files, and the CPU and wall milliseconds they took."""

    files: Mapping[Key, bytes]
    cpu: float
    wall: float


@dataclass(frozen=True)
class Stack:
    """A name and how it makes files."""

    name: str
    make: Callable[[bytes, Plan], Made]


def here(name: str, make: Callable[[bytes, Plan], Mapping[Key, bytes]]) -> Stack:
    """A stack that runs in this process."""

    def made(png: bytes, plan: Plan) -> Made:
        cpu, wall = time.process_time(), time.perf_counter()
        files = make(png, plan)
        return Made(files, 1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - wall))

    return Stack(name, made)


def pillow(png: bytes, plan: Plan) -> dict[Key, bytes]:
    """Pillow with nothing set but the quality: decoded once, each width resized once."""
    source, sizes, files = Image.open(io.BytesIO(png)).convert("RGB"), {}, {}
    for (width, format), quality in plan.items():
        if width not in sizes:
            height = round(source.height * width / source.width)
            sizes[width] = source.resize((width, height), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        sizes[width].save(out, format, quality=quality)
        files[width, format] = out.getvalue()
    return files
