"""Reading: lines of text off a picture. Here: what a line is, and joining what stands in one row.

Not here: the readers (`rapid_reader`, `tesseract_reader`), what the text means (`pii`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wetplate.moderation.views import Region

GAP = 1.5  # of a line's height: pieces closer than that are one row
LEVEL = 0.5  # share of the lower one's height that two pieces of a row have in common


@dataclass(frozen=True)
class Line:
    """What was read, how sure the reader is (0 to 1, no probability), and where: x, y, width, height."""

    text: str
    confidence: float
    region: Region


class Reader(Protocol):
    """Reads a picture. `revision` names the engine and its models; raises whatever its library raises."""

    revision: str

    def lines(self, picture: NDArray[np.uint8]) -> Sequence[Line]:
        """The lines of an (H, W, 3) picture, in no order; regions in its pixels."""

    def close(self) -> None:
        """Let go of models and processes; the next picture loads them again."""


def rows(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines, those that stand side by side in one row together, from left to right."""
    found = list[list[Line]]()
    for line in sorted(lines, key=lambda line: line.region[0]):
        row = next((row for row in found if _continues(row[-1], line)), None)
        if row is None:
            found.append([line])
        else:
            row.append(line)
    return sorted(found, key=lambda row: (row[0].region[1], row[0].region[0]))


def _continues(left: Line, right: Line) -> bool:
    (x, y, wide, tall), (start, top, _, high) = left.region, right.region
    common = min(y + tall, top + high) - max(y, top)
    lower, gap = min(tall, high), start - (x + wide)
    return common >= LEVEL * lower and -lower <= gap <= GAP * max(tall, high) and max(tall, high) < 2 * lower
