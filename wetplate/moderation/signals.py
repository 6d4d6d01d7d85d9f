"""Signals: what a detector says of one picture, and the Classifier port that says it.

Here: the values and the protocol. Not here: what follows from a signal (`bands`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Signal:
    """One detector's word on one picture.

    `score` is None when the detector failed; `error` then says why. A detector that looked and found nothing
    gives one signal with label `""` and score 0. `region` is x, y, width and height in pixels of the whole
    picture, where the detector can say where. `slug`, `approve` and `reject` are filled in by the judge: what
    the policy says of the label; None where it says nothing.
    """

    detector: str
    revision: str
    label: str
    score: float | None
    error: str | None = None
    region: tuple[int, int, int, int] | None = None
    slug: str | None = None
    approve: float | None = None
    reject: float | None = None


def pinned(model: str, revision: str) -> str:
    """The revision of a detector that is a pinned model; another model is another revision too."""
    return f"{model}@{revision}"


class Classifier(Protocol):
    """A detector.

    `name` and `revision` are recorded with every signal; `sees` and `blind` are told to people.
    """

    name: str
    revision: str
    sees: str
    blind: str

    def classify(self, pictures: Sequence[NDArray[np.uint8]]) -> Sequence[Sequence[Signal]]:
        """Signals for each (H, W, 3) 8-bit sRGB picture, in order.

        Never raises: a failure is a signal with error.
        """
