"""What the detectors said, as a table with thresholds and as boxes over the picture. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from wetplate.moderation.tables import SignalRow
from wetplate.review.pages.words import Tag

SCALE = 200  # units of the meter in task.html


@dataclass(frozen=True)
class Meter:
    """Where a score falls between 0 and SCALE, in words too."""

    point: int
    approve: int
    amber: int
    reject: int
    red: int
    said: str


@dataclass(frozen=True)
class Line:
    """One signal. `number` is that of its box."""

    number: int | None
    detector: str
    revision: str
    label: str
    slug: str
    score: str
    error: str
    meter: Meter | None
    band: Tag


@dataclass(frozen=True)
class Box:
    """A region over the picture."""

    number: int
    x: int
    y: int
    width: int
    height: int
    text: str
    slug: str

    @property
    def value(self) -> str:
        """As a form sends it."""
        return f"{self.x},{self.y},{self.width},{self.height}"

    @property
    def where(self) -> str:
        """As people read it."""
        return f"{self.width} × {self.height} at {self.x}, {self.y}"


def lines(rows: Sequence[SignalRow]) -> list[Line]:
    """A line per signal; those with a region are numbered in their order."""
    numbers = {row.id: number for number, row in enumerate(_placed(rows), 1)}
    return [_line(row, numbers.get(row.id)) for row in rows]


def boxes(rows: Sequence[SignalRow]) -> list[Box]:
    """A box per signal with a region."""
    return [_box(row, number) for number, row in enumerate(_placed(rows), 1)]


def _placed(rows: Sequence[SignalRow]) -> list[SignalRow]:
    return [row for row in rows if row.region and len(row.region) == 4]


def _box(row: SignalRow, number: int) -> Box:
    x, y, width, height = row.region or (0, 0, 0, 0)
    said = row.label or "found something"
    score = "" if row.score is None else f" {row.score:.2f}"
    return Box(number, x, y, width, height, f"{row.detector}: {said}{score}", row.slug or "")


def _line(row: SignalRow, number: int | None) -> Line:
    score = "" if row.score is None else f"{row.score:.2f}"
    meter = None if row.score is None or row.approve is None else _meter(row.score, row.approve, row.reject)
    label = row.label or ("could not look" if row.error else "nothing")
    error = row.error or ("" if row.label else "found nothing")
    return Line(number, row.detector, row.revision, label, row.slug or "", score, error, meter, band(row))


def band(row: SignalRow) -> Tag:
    """Where the signal falls; doubt is never a pass."""
    if row.error is not None or row.score is None:
        return Tag("review: no answer", "warn", "alert")
    if row.approve is None:
        return Tag("no threshold", "", "none") if row.label else Tag("pass", "good", "check")
    if row.score < row.approve:
        return Tag("pass", "good", "check")
    if row.reject is not None and row.score >= row.reject:
        return Tag("reject", "bad", "cross")
    return Tag("review", "warn", "alert")


def _meter(score: float, approve: float, reject: float | None) -> Meter:
    low, high = _at(approve), _at(1 if reject is None else min(reject, 1))
    rejects = "" if reject is None or reject > 1 else f", reject from {reject:.2f}"
    return Meter(
        min(_at(score), SCALE - 3),
        low,
        max(0, high - low),
        high,
        SCALE - high,
        f"pass below {approve:.2f}{rejects}",
    )


def _at(value: float) -> int:
    return round(SCALE * min(1.0, max(0.0, value)))
