"""RapidOCR behind the Reader port: PP-OCR models from its wheel. No network, one thread, no log.

Rules:
1. Text is looked for at the picture's own size, never enlarged: that is what makes a small picture cheap.
2. Only what can hold a line is read: a box less than twice as long as high has room for three or four signs.
   On a shoe the search finds one such box, the shoe.
3. Models are loaded for the first picture and let go by `close`.
"""

import hashlib
import importlib.util
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wetplate.errors import ModelError
from wetplate.moderation.reading import Line
from wetplate.moderation.views import placed

ABSENT = "not installed"
MODELS = {
    "Det.model_path": "PP-OCRv6_det_small.onnx",
    "Cls.model_path": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "Rec.model_path": "PP-OCRv6_rec_small.onnx",
}
QUIET: dict[str, object] = {
    "Global.log_level": "critical",
    "Global.text_score": 0.0,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Det.limit_type": "max",
}
LONG = 2.0
LARGEST = 1024


class RapidReader:
    """Reads with RapidOCR."""

    def __init__(self) -> None:
        self.revision = installed()
        self._engine: Any = None

    def lines(self, picture: NDArray[np.uint8]) -> list[Line]:
        """The lines of the picture; of one longer than LARGEST, those that are large enough to be seen."""
        height, width = picture.shape[:2]
        bgr = np.ascontiguousarray(picture[..., ::-1])
        engine = self._loaded()
        found = engine(bgr, use_det=True, use_cls=False, use_rec=False).boxes
        corners = [box for box in (() if found is None else found) if _long(box)]
        return [
            Line(text, confidence, placed(*_upright(box), (0, 0, width, height)))
            for box, (text, confidence) in zip(corners, self._read(bgr, corners), strict=True)
            if text
        ]

    def close(self) -> None:
        """Let go of the models."""
        self._engine = None

    def _read(self, bgr: NDArray[np.uint8], corners: list[Any]) -> Iterator[tuple[str, float]]:
        for box in corners:
            read = self._loaded()(_flat(bgr, box), use_det=False, use_cls=True, use_rec=True)
            yield (read.txts[0].strip(), float(read.scores[0])) if read.txts else ("", 0.0)

    def _loaded(self) -> Any:
        if self.revision == ABSENT:
            raise ModelError("not installed; pip install rapidocr onnxruntime")
        if self._engine is None:
            from rapidocr import RapidOCR  # takes most of a second

            named = {option: str(_folder() / file) for option, file in MODELS.items()}
            self._engine = RapidOCR(params={**QUIET, "Det.limit_side_len": LARGEST, **named})
        return self._engine


@cache
def installed() -> str:
    """Version of the package and hash of its models, without importing it; ABSENT where there is none."""
    if importlib.util.find_spec("rapidocr") is None:
        return ABSENT
    files = [_folder() / file for file in MODELS.values()]
    if not all(file.is_file() for file in files):
        return ABSENT
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return f"rapidocr {version('rapidocr')}+{digest[:12]}"


def _folder() -> Path:
    spec = importlib.util.find_spec("rapidocr")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "models"


def _sides(box: NDArray[np.float32]) -> tuple[float, float]:
    """Width and height of a quadrangle given clockwise from its upper left."""
    across, down = np.linalg.norm(box[1] - box[0]), np.linalg.norm(box[3] - box[0])
    return float(across), float(down)


def _long(box: NDArray[np.float32]) -> bool:
    across, down = _sides(box)
    return max(across, down) >= LONG * min(across, down) > 0


def _upright(box: NDArray[np.float32]) -> tuple[float, float, float, float]:
    (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
    return float(left), float(top), float(right - left), float(bottom - top)


def _flat(bgr: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The quadrangle as a rectangle, laid on its long side."""
    import cv2

    across, down = (max(1, round(side)) for side in _sides(box))
    target = np.array([(0, 0), (across, 0), (across, down), (0, down)], np.float32)
    straight = cv2.getPerspectiveTransform(box.astype(np.float32), target)
    flat: Any = cv2.warpPerspective(bgr, straight, (across, down), borderMode=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(np.rot90(flat) if down > across else flat)
