"""Signals as rows: what the detectors said of which bytes. The only writer of them.

Here: keeping what was said, reading it back. Not here: the verdict that follows (`catalog`).

Rules:
1. Rows are only added; the same said again adds nothing.
2. A row says what the policy then in force made of the label: slug, approve and reject thresholds.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wetplate.moderation.judge import Judged
from wetplate.moderation.signals import Signal
from wetplate.moderation.tables import SignalRow
from wetplate.recipes.tables import RecipeRow


def keep(session: Session, judged: Judged) -> list[int]:
    """The ids of the signals: of the last that were kept if they say the same, else of new rows."""
    theirs = {signal.detector for signal in judged.signals}
    about = (judged.recipe_id, judged.object_sha256)
    kept = [row for row in last(session, [about[1]]).get(about, ()) if row.detector in theirs]
    if {as_signal(row) for row in kept} == set(judged.signals):
        return [row.id for row in kept]
    at = session.scalar(select(func.clock_timestamp()))
    said = {"recipe_id": judged.recipe_id, "object_sha256": judged.object_sha256, "at": at}
    rows = [SignalRow(**said, **_columns(signal)) for signal in judged.signals]
    session.add_all(rows)
    session.flush()
    return sorted(row.id for row in rows)


def signals_of(session: Session, objects_sha256: Sequence[str]) -> dict[tuple[str, str], list[Signal]]:
    """What the detectors said last, by recipe id and hash."""
    return {key: [*map(as_signal, rows)] for key, rows in last(session, objects_sha256).items()}


def last(session: Session, objects_sha256: Sequence[str]) -> dict[tuple[str, str], list[SignalRow]]:
    """Of each detector the last it said of these bytes, by recipe id and hash, in the order it was said."""
    query = select(SignalRow).where(SignalRow.object_sha256.in_(objects_sha256)).order_by(SignalRow.id)
    said: dict[tuple[str, str], dict[str, list[SignalRow]]] = {}
    for row in session.scalars(query):
        ours = said.setdefault((row.recipe_id, row.object_sha256), {})
        kept = ours.setdefault(row.detector, [])
        if kept and kept[0].at != row.at:
            kept.clear()
        kept.append(row)
    return {
        key: sorted((row for rows in ours.values() for row in rows), key=lambda row: row.id)
        for key, ours in said.items()
    }


def highest_scores(session: Session, family: str) -> list[float]:
    """The highest score of each picture of the family that was scored at all."""
    query = (
        select(func.max(SignalRow.score))
        .join(RecipeRow, RecipeRow.id == SignalRow.recipe_id)
        .where(RecipeRow.family == family, RecipeRow.current, SignalRow.score.is_not(None))
        .group_by(SignalRow.recipe_id)
    )
    return [score for score in session.scalars(query) if score is not None]


def as_signal(row: SignalRow) -> Signal:
    """The value of a row."""
    region: Any = None if row.region is None else tuple(row.region)
    said = (row.detector, row.revision, row.label, row.score, row.error)
    return Signal(*said, region, row.slug, row.approve, row.reject)


def _columns(signal: Signal) -> dict[str, Any]:
    return {**vars(signal), "region": None if signal.region is None else list(signal.region)}
