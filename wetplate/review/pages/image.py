"""Everything known about one image, as far as whoever looks may know it now. Receives the session.

The prompt and what detectors said stand on its tasks; here stands what became of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow
from wetplate.errors import ImageUnknown, ProvenanceError
from wetplate.moderation import catalog, tasks
from wetplate.moderation.tables import TaskRow
from wetplate.provenance import disclosure
from wetplate.publication import dossier
from wetplate.publication.states import State
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.retention import holds
from wetplate.retention.personal import Wrapping
from wetplate.review.access import Person, Role
from wetplate.review.pages import alike, made, past, subjects, words
from wetplate.review.pages.made import Pair
from wetplate.review.pages.past import Event
from wetplate.review.pages.words import HEAD, QUEUES, Tag

TONES = {"approve": ("good", "check"), "review": ("warn", "clock"), "reject": ("bad", "cross")}
VERDICTS = {"approve": "approved", "review": "waits for a person", "reject": "rejected"}


@dataclass(frozen=True)
class Open:
    """A task about it that waits."""

    id: int
    title: str
    about: str


def page(
    session: Session, who: Person, prefix: str, now: datetime, wrapping: Wrapping | None = None
) -> dict[str, Any]:
    """By the beginning of its recipe or canonical id. Raises ImageUnknown, AmbiguousId."""
    about = subjects.subject(session, dossier.find(session, prefix).id)
    id = about.recipe.id
    known = _canonical(session, id)
    verdict = catalog.last_verdict(session, id)
    history = past.of_image(session, id, who, wrapping)
    sha = about.painting.sha256 if about.painting else ""
    moves = _moves(session, known.id) if known else []
    return {
        "title": about.name,
        "name": about.name[:1].upper() + about.name[1:],
        "id": id,
        "short": id[:HEAD],
        "about": f"{about.family} · {made.KINDS[about.recipe.kind]}",
        "tags": list(_tags(session, verdict.verdict if verdict else "", known)),
        "history": sorted([*history.events, *moves], key=lambda each: each.at),
        "blind": history.blind,
        "facts": [("How it was made", made.made(session, about)), *_facts(session, id, known)],
        "open_tasks": [_open(row, now) for row in _waiting(session, id)],
        "may_reopen": who.may(Role.SENIOR) and verdict is not None and verdict.verdict != "review",
        "near": alike.alike(session, who, sha, None) if sha else [],
        "disclosure": _disclosure(session, known) if who.may(Role.REVIEWER) else None,
    }


def canonical(session: Session, recipe_id: str) -> CanonicalRow:
    """The canonical image of a recipe. Raises ImageUnknown."""
    found = _canonical(session, recipe_id)
    if found is None:
        raise ImageUnknown(f"{recipe_id[:HEAD]} has no canonical image yet: it is approved first")
    return found


def _canonical(session: Session, recipe_id: str) -> CanonicalRow | None:
    return session.scalars(select(CanonicalRow).where(CanonicalRow.recipe_id == recipe_id)).one_or_none()


def _tags(session: Session, verdict: str, canonical: CanonicalRow | None) -> Iterator[Tag]:
    if verdict:
        yield Tag(VERDICTS[verdict], *TONES[verdict])
    publication = session.get(PublicationRow, canonical.id) if canonical else None
    if publication:
        withdrawn = publication.state == State.WITHDRAWN
        yield Tag(publication.state, "bad" if withdrawn else "", "lock" if withdrawn else "")


def _facts(session: Session, id: str, canonical: CanonicalRow | None) -> Iterator[tuple[str, list[Pair]]]:
    if canonical:
        yield "Where it stands", list(_stands(session, canonical))
    if held := holds.held(session, id):
        yield "Legal hold", [("Held for", held)]


def _stands(session: Session, canonical: CanonicalRow) -> Iterator[Pair]:
    yield "Canonical", canonical.id
    yield "Size", f"{canonical.width} × {canonical.height}, {canonical.bytes:,} bytes"
    publication = session.get(PublicationRow, canonical.id)
    state = State(publication.state) if publication else State.DRAFT
    yield "Publication", f"{state}: {state.true_of_the_bytes}"
    query = select(DerivativeRow.id).where(DerivativeRow.canonical_id == canonical.id)
    yield "Files", words.counted(len(session.scalars(query).all()), "derivative")


def _moves(session: Session, canonical_id: str) -> list[Event]:
    rows = session.scalars(select(MoveRow).where(MoveRow.stream == canonical_id).order_by(MoveRow.position))
    return [
        Event(row.at, f"{row.from_state} → {row.to_state}", row.actor, [row.reason] if row.reason else [])
        for row in rows
    ]


def _waiting(session: Session, id: str) -> list[TaskRow]:
    return list(
        session.scalars(select(TaskRow).where(TaskRow.subject == id, tasks.OPEN).order_by(TaskRow.due_at))
    )


def _open(row: TaskRow, now: datetime) -> Open:
    return Open(row.id, QUEUES[row.queue].title, words.due(row.due_at, now).text)


def _disclosure(session: Session, canonical: CanonicalRow | None) -> dict[str, Any] | None:
    """What viewers are told, and the form to say otherwise; None before there is a record."""
    if canonical is None:
        return None
    try:
        found = disclosure.of(session, canonical.id)
    except ProvenanceError:
        return None
    return {
        "canonical": canonical.id,
        "need": found.need,
        "text": found.text,
        "depicts": found.depicts,
        "said": found.said,
        "needs": disclosure.NEEDS,
        "known": disclosure.DEPICTS,
        "longest": disclosure.LONGEST,
    }
