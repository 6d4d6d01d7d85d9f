"""NudeNet behind the Classifier port, kept at arm's length in a process of its own.

Here: starting, asking, timing out and stopping the worker. Not here: nudenet itself (`nudenet_worker`).

Rules:
1. Whatever goes wrong is a signal with an error: not installed, did not start, died, too slow, nonsense.
2. A worker that is too slow is killed; the next picture gets a new one.
3. It is asked about the whole frame and tiles, as decoded 8-bit BGR; a label's score is the highest of
   them, its region the box that had it.
4. Its scores are no probabilities and never a ground for rejecting (the policy refuses to let them be).
"""

import hashlib
import importlib.util
import json
import os
import select
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from wetplate.moderation.signals import Signal
from wetplate.moderation.views import Region, boxes, placed, views
from wetplate.settings import ROOT

WORKER = (sys.executable, "-m", "wetplate.moderation.nudenet_worker")
LARGEST = 1 << 20
ABSENT = "not installed"


class NudeNet:
    """The detector; `seconds` are allowed per picture, and for the start. Close it, or use it in a `with`."""

    sees = "naked and half-naked people, faces"
    blind = "violence, hate, brands, likeness; anything small or drawn; it often errs on skin-coloured shapes"

    def __init__(
        self, name: str = "nudenet", *, seconds: float = 20, worker: Sequence[str] | None = None
    ) -> None:
        self.name, self._seconds = name, seconds
        self.revision = installed()
        self._worker = worker or (None if self.revision == ABSENT else WORKER)
        self._process: subprocess.Popen[bytes] | None = None
        self._stop: weakref.finalize[..., Any] | None = None

    def __enter__(self) -> "NudeNet":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the worker, if one runs."""
        if self._stop is not None:
            self._stop()
        self._process = self._stop = None

    def classify(self, pictures: Sequence[NDArray[np.uint8]]) -> Sequence[Sequence[Signal]]:
        """Signals for each picture; label "" with score 0 where nothing was found."""
        return [self._classified(picture) for picture in pictures]

    def _classified(self, picture: NDArray[np.uint8]) -> list[Signal]:
        if self._worker is None:
            return [self._failed("not installed; pip install 'wetplate[nudenet]' (AGPL-3.0)")]
        try:
            return self._heard(picture, time.monotonic() + self._seconds)
        except TimeoutError:
            self.close()
            return [self._failed(f"no answer within {self._seconds:g} s; its process was killed")]
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            self.close()
            return [self._failed(f"its process failed: {type(error).__name__}: {error}")]

    def _heard(self, picture: NDArray[np.uint8], deadline: float) -> list[Signal]:
        found = list[Signal]()
        for view, box in zip(views(picture), boxes(picture.shape[1], picture.shape[0]), strict=True):
            answer = self._ask(view, deadline)
            if "error" in answer:
                return [self._failed(str(answer["error"]))]
            found += [self._found(part, box) for part in answer["detections"]]
        return _highest(found) or [Signal(self.name, self.revision, "", 0.0)]

    def _found(self, part: dict[str, Any], box: Region) -> Signal:
        region = None
        if "box" in part:
            x, y, width, height = part["box"]
            region = placed(x, y, width, height, box)
        return Signal(self.name, self.revision, part["label"], float(part["score"]), region=region)

    def _ask(self, view: NDArray[np.uint8], deadline: float) -> dict[str, Any]:
        process = self._process or self._started(deadline)
        height, width = view.shape[:2]
        question = json.dumps({"height": height, "width": width}).encode()
        assert process.stdin
        assert process.stdout
        body = len(question).to_bytes(4, "big") + question + np.ascontiguousarray(view[..., ::-1]).tobytes()
        _write(process.stdin, body, deadline)
        return _frame(process.stdout, deadline)

    def _started(self, deadline: float) -> subprocess.Popen[bytes]:
        assert self._worker
        process = subprocess.Popen(
            self._worker,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        )
        self._process, self._stop = process, weakref.finalize(self, _stopped, process)
        assert process.stdin
        assert process.stdout
        os.set_blocking(process.stdin.fileno(), False)
        if "ready" not in _frame(process.stdout, deadline):
            raise ValueError("it did not say that it is ready")
        return process

    def _failed(self, why: str) -> Signal:
        return Signal(self.name, self.revision, "", None, why)


def installed() -> str:
    """Version of the package and hash of its weights, without importing it."""
    spec = importlib.util.find_spec("nudenet")
    if spec is None or spec.origin is None:
        return ABSENT
    weights = Path(spec.origin).parent / "320n.onnx"
    return f"{version('nudenet')}+{hashlib.sha256(weights.read_bytes()).hexdigest()[:12]}"


def _highest(found: Sequence[Signal]) -> list[Signal]:
    """Of each label the signal with the highest score, in order of labels."""
    best = dict[str, Signal]()
    for signal in sorted(found, key=lambda each: each.score or 0):
        best[signal.label] = signal
    return [best[label] for label in sorted(best)]


def _write(pipe: IO[bytes], body: bytes, deadline: float) -> None:
    rest = memoryview(body)
    while rest:
        _wait([], [pipe], deadline)
        rest = rest[os.write(pipe.fileno(), rest[:65536]) :]


def _frame(pipe: IO[bytes], deadline: float) -> dict[str, Any]:
    length = int.from_bytes(_read(pipe, 4, deadline), "big")
    if length > LARGEST:
        raise ValueError(f"a frame of {length} bytes")
    answer: dict[str, Any] = json.loads(_read(pipe, length, deadline))
    return answer


def _read(pipe: IO[bytes], size: int, deadline: float) -> bytes:
    body = b""
    while len(body) < size:
        _wait([pipe], [], deadline)
        part = os.read(pipe.fileno(), size - len(body))
        if not part:
            raise EOFError("it ended")
        body += part
    return body


def _wait(readable: list[IO[bytes]], writable: list[IO[bytes]], deadline: float) -> None:
    ready = select.select(readable, writable, [], max(0.0, deadline - time.monotonic()))
    if not any(ready):
        raise TimeoutError


def _stopped(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
