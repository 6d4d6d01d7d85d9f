"""The surface detector: empty pictures and noise, by arithmetic on the pixels.

Here: two measures between 0 and 1. It needs no model, says the same on every machine, and knows nothing of
what a picture shows: it can find a broken painting, and cannot vouch for a good one. Noise is looked for in
tiles too; emptiness in the whole only, since a good picture may well have an empty corner.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wetplate.moderation.signals import Signal
from wetplate.moderation.views import boxes, views

RANDOM = 255 / 3  # the mean difference of two independent uniform 8-bit values


class Surface:
    """Labels EMPTY (share of the commonest colour) and NOISE (how much neighbours differ; random: 1)."""

    sees = "empty frames and noise"
    blind = "everything a picture shows"

    def __init__(self, name: str = "surface") -> None:
        self.name, self.revision = name, "2"

    def classify(self, pictures: Sequence[NDArray[np.uint8]]) -> Sequence[Sequence[Signal]]:
        """Two signals per picture; noise that is worst in a tile has the tile's region."""
        return [
            [Signal(self.name, self.revision, "EMPTY", round(empty(picture), 4)), self._noise(picture)]
            for picture in pictures
        ]

    def _noise(self, picture: NDArray[np.uint8]) -> Signal:
        measured = [round(noise(view), 4) for view in views(picture)]
        worst = int(np.argmax(measured))
        region = boxes(picture.shape[1], picture.shape[0])[worst] if worst else None
        return Signal(self.name, self.revision, "NOISE", measured[worst], region=region)


def empty(picture: NDArray[np.uint8]) -> float:
    """Share of the pixels that have the commonest colour, counted at 5 bits a channel."""
    coarse = (picture >> 3).astype(np.uint32) @ np.array([1024, 32, 1], np.uint32)
    return float(np.bincount(coarse.ravel()).max() / coarse.size)


def noise(picture: NDArray[np.uint8]) -> float:
    """Mean difference between neighbouring pixels, as a share of what random pixels have."""
    values = picture.astype(np.int16)
    steps = [np.abs(np.diff(values, axis=axis)).mean() for axis in (0, 1) if values.shape[axis] > 1]
    return min(1.0, float(np.mean(steps)) / RANDOM) if steps else 0.0
