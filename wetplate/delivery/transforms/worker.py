"""What happens in a worker process: one job at a time, whatever the bytes are.

Here: the limits a worker puts on itself, and the job. Not here: processes and their death (`workers`). This
module is imported in the child: nothing in it may need the catalog or a network.

Rules:
1. Before its first job a worker caps its memory, gives up writing files and core dumps, and steps back behind
   the server in priority; each job gets CPU seconds of its own.
2. A job never raises: an exception that cannot be unpickled would cost the server its worker. What went wrong
   comes back as `Failed`.
"""

import hashlib
import logging
import os
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np

from wetplate.derivatives.drawing import LIMITS, coded, drawn
from wetplate.derivatives.tiers import fast
from wetplate.derivatives.transform import Transform, read
from wetplate.errors import ImageError, ImageTooLarge, ImageUnsupported
from wetplate.imaging.encode import PNG, Encoding, encode
from wetplate.imaging.lending import lent
from wetplate.imaging.limits import Limits

Result = TypeVar("Result")

NICE = 5
OOM_SCORE = "500"


@dataclass(frozen=True)
class Job:
    """One transform to make: the picture's file, what to make of it, the CPU seconds it may take."""

    file: str
    transform: Transform
    encoding: Encoding
    xmp: bytes
    seconds: int
    limits: Limits = LIMITS


@dataclass(frozen=True)
class Made:
    """A finished file; `seconds` per stage, `peak` bytes the worker has held at most."""

    body: bytes
    width: int
    height: int
    sha256: str
    seconds: dict[str, float]
    peak: int


@dataclass(frozen=True)
class Failed:
    """Why there is none: `reason` as of TransformFailed."""

    reason: str
    message: str


def begin(memory: int) -> None:
    """Limit this process and load what jobs need."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a decoder in C code would keep Python from hearing it
    logging.getLogger("pyvips").setLevel(logging.ERROR)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    with suppress(OSError):
        os.nice(NICE)
    _warm()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def make(job: Job) -> Made | Failed:
    """Do the job."""
    return guarded(job.seconds, lambda: _made(job))


def guarded(seconds: int, work: Callable[[], Result]) -> Result | Failed:
    """The work, done in so many CPU seconds, or why it failed."""
    _grant(seconds)
    try:
        return work()
    except ImageUnsupported as error:
        return Failed("unsupported", str(error))
    except ImageTooLarge as error:
        return Failed("too_large", str(error))
    except ImageError as error:
        return _starved() if isinstance(error.__cause__, MemoryError) else Failed("corrupt", str(error))
    except MemoryError:
        return _starved()
    except Exception as error:
        return Failed("internal", f"{type(error).__name__}: {error}"[:300])


def _made(job: Job) -> Made:
    began = perf_counter()
    pixels = drawn(Path(job.file), job.transform, job.limits)
    decoded = perf_counter()
    body = coded(pixels, job.encoding, job.xmp)
    seconds = {"decode": decoded - began, "encode": perf_counter() - decoded}
    height, width = pixels.shape[:2]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Made(body, width, height, hashlib.sha256(body).hexdigest(), seconds, peak)


def _warm() -> None:
    """Do one small job, so that libraries are loaded before memory is capped and somebody waits."""
    asked = read("w64.avif")
    with lent(encode(np.zeros((2, 2, 3), np.uint8), PNG)) as file:
        coded(drawn(Path(file), asked), fast(asked, 64), b"")


def _grant(seconds: int) -> None:
    """So many CPU seconds from now: SIGXCPU ends a worker whose server is gone or does not look."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _starved() -> Failed:
    return Failed("oom", "this picture needs more memory than a transform may take; export it smaller")
