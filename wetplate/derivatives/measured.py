"""What the files of a family weigh and how they look, for people.

Here: two questions to the rows in force. Not here: how a score comes about (`quality`), how it is shown.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow

MOST = 4_096


@dataclass(frozen=True)
class Measured:
    """The files of one width and format; what was not measured (fixed quality, lossless) is None."""

    width: int
    format: str
    files: int
    bytes: int
    scored: int
    score_mean: float | None
    score_lowest: float | None
    quality_least: int | None
    quality_most: int | None
    tries: float | None


@dataclass(frozen=True)
class Point:
    """One file that was scored."""

    format: str
    bytes: int
    score: float


def measured(session: Session, family: str, profile: str) -> list[Measured]:
    """The family's files under the profile, by width and format."""
    row = DerivativeRow
    groups = _files(
        select(
            row.width, row.format, func.count(), func.sum(row.bytes), func.count(row.score),
            func.avg(row.score), func.min(row.score), func.min(row.quality), func.max(row.quality),
            func.avg(row.tries).filter(row.score.is_not(None)),
        ),
        family,
        profile,
    ).group_by(row.width, row.format).order_by(row.width, row.format)  # fmt: skip
    return [
        Measured(width, name, files, int(size), scored, mean, low, least, most, tries and float(tries))
        for width, name, files, size, scored, mean, low, least, most, tries in session.execute(groups)
    ]


def points(session: Session, family: str, profile: str) -> list[Point]:
    """The family's newest scored files, for a plot."""
    row = DerivativeRow
    chosen = _files(select(row.format, row.bytes, row.score), family, profile)
    newest = chosen.where(row.score.is_not(None)).order_by(row.id.desc()).limit(MOST)
    return [Point(*values) for values in session.execute(newest)]


def _files(query: Any, family: str, profile: str) -> Any:
    return query.join(CanonicalRow, CanonicalRow.id == DerivativeRow.canonical_id).where(
        CanonicalRow.family == family,
        DerivativeRow.profile == profile,
        DerivativeRow.withdrawn_at.is_(None),
    )
