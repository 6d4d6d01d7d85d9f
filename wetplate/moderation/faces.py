"""Faces and number plates, by the cascades that come with OpenCV 4; or by YuNet where a model is configured.

Here: one detector; everything it finds is a signal with the region it fills. Not here: thresholds (`policy`),
covering (`redaction`), text on plates (`text`).

Rules:
1. Scores are no probabilities. A cascade gives the sum of its last stage, a number without a scale; it is
   stretched between the least and the most seen on the 100 faces of scikit-image's LFW subset (SCALES).
   Scores of two labels cannot be compared.
2. A picture is searched at its own size, whole. One longer than LARGEST is shrunk, and searched in tiles too.
3. One thing is told once: of boxes that overlap, the highest score of the label that comes first.
4. One thread: with several, OpenCV's boxes differ by pixels from run to run.
"""

import hashlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wetplate.errors import ModelError
from wetplate.moderation.signals import Signal
from wetplate.moderation.views import Region, boxes, placed
from wetplate.settings import ROOT

LARGEST = 1024
MOST = 100  # signals of one picture
SAME = 0.3  # share of the smaller box that two boxes of one thing have in common
FLOOR = 0.5  # below which YuNet's word is not told
ABSENT = "not installed"


@dataclass(frozen=True)
class Cascade:
    """A cascade file, what it finds, and how it is run: step between sizes, neighbours, least pixels."""

    label: str
    file: str
    step: float
    neighbours: int
    least: int
    mirrored: bool = False


@dataclass(frozen=True)
class Found:
    """One box in pixels of the whole picture."""

    label: str
    score: float
    region: Region


#: alt2 instead of the default: as many faces (98 of 100) at a tenth of the false boxes (bench/README.md).
CASCADES = (
    Cascade("FACE", "haarcascade_frontalface_alt2.xml", 1.15, 4, 28),
    Cascade("FACE_PROFILE", "haarcascade_profileface.xml", 1.2, 4, 48, mirrored=True),
    Cascade("PLATE", "haarcascade_russian_plate_number.xml", 1.2, 3, 32),
)
#: The last stage's sum that becomes 0, and the one that becomes 1.
SCALES: Mapping[str, tuple[float, float]] = {
    "FACE": (54.0, 58.0),
    "FACE_PROFILE": (-1.0, 4.0),
    "PLATE": (-1.0, 4.0),
}


class Faces:
    """Labels FACE, FACE_PROFILE and PLATE; `model` is a YuNet ONNX file and `revision` its SHA-256."""

    sees = "faces from the front and the side, number plates"
    blind = (
        "who it is; faces tilted by 20 degrees and more, half hidden, or under 40 pixels; often drawn ones"
    )

    def __init__(self, name: str = "faces", *, model: str = "", revision: str = "") -> None:
        self.name, self._model, self._pinned = name, model, revision
        self.revision = f"yunet+{revision[:12]}" if model else installed()

    def classify(self, pictures: Sequence[NDArray[np.uint8]]) -> Sequence[Sequence[Signal]]:
        """A signal for each face and plate; label "" with score 0 where there is none."""
        return [self._classified(picture) for picture in pictures]

    def _classified(self, picture: NDArray[np.uint8]) -> list[Signal]:
        if self.revision == ABSENT:
            return [
                Signal(
                    self.name,
                    self.revision,
                    "",
                    None,
                    "not installed; pip install 'opencv-python-headless<5'",
                )
            ]
        try:
            found = distinct(self._found(picture))[:MOST]
        except Exception as error:  # the port never raises: a failure is a signal
            said = (str(error).strip().splitlines() or [""])[0][:200]
            return [Signal(self.name, self.revision, "", None, f"{type(error).__name__}: {said}")]
        told = [Signal(self.name, self.revision, f.label, f.score, region=f.region) for f in found]
        return told or [Signal(self.name, self.revision, "", 0.0)]

    def _found(self, picture: NDArray[np.uint8]) -> Iterator[Found]:
        height, width = picture.shape[:2]
        shown = boxes(width, height) if max(height, width) > LARGEST else [(0, 0, width, height)]
        for box in shown:
            x, y, wide, tall = box
            view = picture[y : y + tall, x : x + wide]
            by = min(1.0, LARGEST / max(wide, tall))
            for label, score, (left, top, across, down) in self._seen(_shrunk(view, by)):
                region = placed(left / by, top / by, across / by, down / by, box)
                if region[2] and region[3]:
                    yield Found(label, score, region)

    def _seen(self, view: NDArray[np.uint8]) -> Iterator[tuple[str, float, Sequence[float]]]:
        if self._model:
            yield from _by_model(view, self._model, self._pinned)
        else:
            for cascade in CASCADES:
                yield from _by_cascade(view, cascade)


def distinct(found: Iterator[Found] | Sequence[Found]) -> list[Found]:
    """Each thing once, highest score first within a label, labels in the order of CASCADES."""
    order = [cascade.label for cascade in CASCADES]
    kept = list[Found]()
    for each in sorted(found, key=lambda each: (order.index(each.label), -each.score, each.region)):
        if not any(_same(each, other) for other in kept):
            kept.append(each)
    return kept


def scaled(label: str, weight: float) -> float:
    """A cascade's weight as a score above 0, at most 1."""
    least, most = SCALES[label]
    return round(min(1.0, max(0.01, (weight - least) / (most - least))), 4)


def installed() -> str:
    """Version of OpenCV and hash of its cascades, without importing it; ABSENT where there are none."""
    spec = importlib.util.find_spec("cv2")
    if spec is None or spec.origin is None:
        return ABSENT
    files = [Path(spec.origin).parent / "data" / cascade.file for cascade in CASCADES]
    if not all(file.is_file() for file in files):
        return ABSENT
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return f"opencv {_version()}+{digest[:12]}"


def _version() -> str:
    for name in ("opencv-python-headless", "opencv-python"):
        with suppress(PackageNotFoundError):
            return version(name)
    return "unknown"


def _same(one: Found, other: Found) -> bool:
    """Whether two boxes show one thing; a plate is no face."""
    if (one.label == "PLATE") != (other.label == "PLATE"):
        return False
    (x, y, wide, tall), (left, top, width, height) = one.region, other.region
    across = min(x + wide, left + width) - max(x, left)
    down = min(y + tall, top + height) - max(y, top)
    return across > 0 and down > 0 and across * down > SAME * min(wide * tall, width * height)


def _shrunk(view: NDArray[np.uint8], by: float) -> NDArray[np.uint8]:
    if by == 1.0:
        return np.ascontiguousarray(view)
    cv2 = _cv2()
    shrunk: NDArray[np.uint8] = cv2.resize(view, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)
    return shrunk


def _by_cascade(view: NDArray[np.uint8], cascade: Cascade) -> Iterator[tuple[str, float, Sequence[float]]]:
    cv2 = _cv2()
    grey = cv2.cvtColor(view, cv2.COLOR_RGB2GRAY)
    if min(grey.shape) < cascade.least:
        return
    for mirrored in (False, True) if cascade.mirrored else (False,):
        found, _, weights = _cascade(cascade.file).detectMultiScale3(
            np.ascontiguousarray(grey[:, ::-1]) if mirrored else grey,
            scaleFactor=cascade.step,
            minNeighbors=cascade.neighbours,
            minSize=(cascade.least, cascade.least),
            outputRejectLevels=True,
        )
        for (x, y, wide, tall), weight in zip(found, np.ravel(weights), strict=True):
            left = grey.shape[1] - x - wide if mirrored else x
            yield cascade.label, scaled(cascade.label, float(weight)), (left, y, wide, tall)


def _by_model(
    view: NDArray[np.uint8], model: str, revision: str
) -> Iterator[tuple[str, float, Sequence[float]]]:
    detector = _yunet(model, revision)
    detector.setInputSize((view.shape[1], view.shape[0]))
    _, rows = detector.detect(np.ascontiguousarray(view[..., ::-1]))
    for row in () if rows is None else rows:
        yield "FACE", round(min(1.0, max(0.0, float(row[14]))), 4), [float(number) for number in row[:4]]


@cache
def _cv2() -> Any:
    import cv2  # takes a third of a second

    cv2.setNumThreads(1)
    return cv2


@cache
def _cascade(file: str) -> Any:
    cv2 = _cv2()
    return cv2.CascadeClassifier(cv2.data.haarcascades + file)


@cache
def _yunet(model: str, revision: str) -> Any:
    body = (ROOT / model).read_bytes()
    if (digest := hashlib.sha256(body).hexdigest()) != revision:
        raise ModelError(f"{model} has SHA-256 {digest}, but the policy pins {revision}")
    buffer = np.frombuffer(body, np.uint8)
    return _cv2().FaceDetectorYN.create("onnx", buffer, np.empty(0, np.uint8), (320, 320), FLOOR)
