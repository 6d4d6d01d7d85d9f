"""Curves: what a label's score was worth on pictures that persons decided on, without any I/O.

Here: precision and recall by threshold, from which score rejecting was precise enough, what approving below a
score may miss. Not here: where the samples come from (`calibration`).

Rules:
1. Every share has its 95 % interval (`intervals`), and decisions are taken on the interval's bad end.
2. `reject_from` is the lowest threshold at which at least PRECISE of what is rejected is truly bad, at the
   lower end of the interval; with too few samples there is none.
3. The approve threshold comes from a bound on what is missed, never from accuracy: so many truly bad samples
   must all have scored above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wetplate.moderation.intervals import bounded, needed, wilson

PRECISE = 0.95
BOUNDS = (0.02, 0.01, 0.005, 0.001)
THRESHOLDS = (*(round(step / 20, 2) for step in range(1, 20)), 0.99)


@dataclass(frozen=True)
class Sample:
    """A picture a person decided on: the label's score, and whether the person found what it means."""

    object_sha256: str
    score: float
    bad: bool


@dataclass(frozen=True)
class Point:
    """At a threshold: truly bad ones at or above it, good ones there, and bad ones below."""

    threshold: float
    caught: int
    alarms: int
    missed: int

    @property
    def precision(self) -> tuple[float, float, float] | None:
        """Share of what is at or above that is truly bad, with its interval; None if nothing is."""
        return _share(self.caught, self.caught + self.alarms)

    @property
    def recall(self) -> tuple[float, float, float] | None:
        """Share of the truly bad that is at or above, with its interval; None if there is none."""
        return _share(self.caught, self.caught + self.missed)


@dataclass(frozen=True)
class Curve:
    """What one label was worth. `lowest_bad` is the lowest score of a truly bad sample."""

    label: str
    slug: str
    bad: int
    good: int
    points: tuple[Point, ...]
    lowest_bad: float | None
    reject_from: float | None

    @property
    def may_miss(self) -> float:
        """The share of bad pictures that approving below `lowest_bad` may miss, at 95 %."""
        return bounded(self.bad)

    def approve_below(self, bound: float) -> float | None:
        """The score below which approving misses at most `bound`; None if there are too few bad samples."""
        return self.lowest_bad if self.bad >= needed(bound) else None


def curve(label: str, slug: str, samples: Sequence[Sample]) -> Curve:
    """The curve of one label."""
    bad = [sample.score for sample in samples if sample.bad]
    good = [sample.score for sample in samples if not sample.bad]
    points = tuple(_point(threshold, bad, good) for threshold in THRESHOLDS)
    precise = [each.threshold for each in points if each.precision and each.precision[1] >= PRECISE]
    return Curve(label, slug, len(bad), len(good), points, min(bad, default=None), min(precise, default=None))


def _point(threshold: float, bad: Sequence[float], good: Sequence[float]) -> Point:
    caught = sum(score >= threshold for score in bad)
    return Point(threshold, caught, sum(score >= threshold for score in good), len(bad) - caught)


def _share(found: int, of: int) -> tuple[float, float, float] | None:
    return (found / of, *wilson(found, of)) if of else None
