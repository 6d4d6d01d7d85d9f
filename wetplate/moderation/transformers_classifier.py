"""Image classification with transformers (torch module): local folder or hub id, pinned, safetensors only.

Here: one detector. Not here: thresholds (`policy`). A failure to load or to classify is a signal with an
error.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub import snapshot_download
from numpy.typing import NDArray
from transformers import AutoImageProcessor, AutoModelForImageClassification

from wetplate.errors import ModelError
from wetplate.generation import checkpoint
from wetplate.moderation.signals import Signal, pinned
from wetplate.moderation.views import boxes, views
from wetplate.settings import ROOT

PARTS = ("*.safetensors", "*.json")


class TransformersClassifier:
    """A classifier; a label's score is the highest over the whole frame and its tiles.

    Its region is the tile that had it; none where the whole frame did.
    """

    blind = "whatever its training pictures did not show, and it was trained on photographs"

    def __init__(self, name: str, model: str, revision: str) -> None:
        self.name, self.revision, self._id = name, pinned(model, revision), model
        self.sees = f"what {model} was trained to tell apart"
        self._pinned = revision
        self._model: tuple[Any, Any] | None = None
        self._broken: str | None = None

    def classify(self, pictures: Sequence[NDArray[np.uint8]]) -> Sequence[Sequence[Signal]]:
        """One signal per label and picture."""
        return [self._classified(picture) for picture in pictures]

    def _classified(self, picture: NDArray[np.uint8]) -> list[Signal]:
        try:
            scores = self._scores(picture)
        except Exception as error:  # the port never raises: a failure is a signal
            said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            return [Signal(self.name, self.revision, "", None, said)]
        places = [None, *boxes(picture.shape[1], picture.shape[0])[1:]]
        return [
            Signal(self.name, self.revision, label, score, region=places[view])
            for label, (score, view) in sorted(scores.items())
        ]

    def _scores(self, picture: NDArray[np.uint8]) -> dict[str, tuple[float, int]]:
        """Of each label the highest score, and in which view."""
        processor, model = self._loaded()
        inputs = processor(
            images=[np.ascontiguousarray(view) for view in views(picture)], return_tensors="pt"
        )
        with torch.inference_mode():
            logits = model(**inputs).logits
        several = model.config.problem_type == "multi_label_classification"
        shares = logits.sigmoid() if several else logits.softmax(-1)
        highest = shares.max(dim=0)
        found = zip(highest.values.tolist(), highest.indices.tolist(), strict=True)
        return {model.config.id2label[number]: each for number, each in enumerate(found)}

    def _loaded(self) -> tuple[Any, Any]:
        if self._broken:
            raise ModelError(self._broken)
        if self._model is None:
            try:
                self._model = _load(self._id, self._pinned)
            except Exception as error:
                self._broken = f"cannot be loaded: {error}"
                raise
        return self._model


def _load(name: str, revision: str) -> tuple[Any, Any]:
    folder = _folder(name, revision)
    checkpoint.refuse_code(folder)
    checkpoint.refuse_pickle(folder)
    strict: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    model = AutoModelForImageClassification.from_pretrained(folder, use_safetensors=True, **strict)
    processor = AutoImageProcessor.from_pretrained(folder, **strict)  # type: ignore[no-untyped-call]
    return processor, model.eval()


def _folder(name: str, revision: str) -> Path:
    if checkpoint.is_local(name, revision):
        return checkpoint.pinned(ROOT / name, revision)
    return Path(snapshot_download(name, revision=revision, allow_patterns=list(PARTS)))
