"""What a notice says, as pages show it: words, images, evidence, steps taken. Receives the session.

Rule: everything about persons is left out here; `notice` shows it to seniors, and that is logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.publication.notices import catalog, kinds
from wetplate.publication.notices.steps import State
from wetplate.publication.notices.tables import EvidenceRow, NoticeImageRow, NoticeRow
from wetplate.publication.tables import PublicationRow
from wetplate.review.pages import alike, past, words
from wetplate.review.pages.thumbs import Thumb
from wetplate.review.pages.words import HEAD, Tag

KINDS = {"dmca": "DMCA (copyright)", "dsa": "Digital Services Act", "other": "other complaint"}
RELATIONS = {
    "named": "named by the notice",
    "redacted": "redacted from, or into, one that is named",
    "same_pixels": "has the same pixels",
    "near": "looks alike",
}
LOCATED = {"urls": "Address", "hashes": "Hash", "upload": "Picture that came with it"}
DECISIONS = {
    catalog.PROPOSED: Tag("proposed", "warn", "none"),
    catalog.INCLUDED: Tag("concerned", "bad", "alert"),
    catalog.LEFT_OUT: Tag("left out", "", "check"),
}
TONES = {True: ("good", "check"), False: ("warn", "clock")}


@dataclass(frozen=True)
class Concerned:
    """An image of a notice."""

    id: str
    short: str
    relation: str
    decision: Tag
    stands: str
    checked: bool
    picture: Thumb


@dataclass(frozen=True)
class Kept:
    """One piece of evidence."""

    what: str
    sha256: str
    bytes: str


def complaint(session: Session, notice_id: str, now: datetime) -> dict[str, Any]:
    """Everything on record but persons. Raises NoticeUnknown."""
    row = catalog.find(session, notice_id)
    return {
        "id": row.id,
        "short": row.id[:HEAD],
        "about": f"{KINDS.get(row.kind, row.kind)}, came in {row.at:%d %b %Y, %H:%M} UTC",
        "tags": [state(row), *([words.due(row.due_at, now)] if row.due_at else [])],
        "said": _said(row.said),
        "images": images(session, row.id),
        "located": _located(row.located),
        "evidence": _evidence(session, row.id),
        "history": [past.step(each) for each in catalog.events(session, row.id)],
    }


def state(row: NoticeRow) -> Tag:
    """Where the notice stands."""
    tone, icon = TONES[State(row.state).over]
    return Tag(f"{row.state}" + (f": {row.outcome}" if row.outcome else ""), tone, icon)


def images(session: Session, notice_id: str) -> list[Concerned]:
    """What it is about, or may be."""
    rows = catalog.images(session, notice_id)
    ids = [row.canonical_id for row in rows]
    query = select(PublicationRow.canonical_id, PublicationRow.state).where(
        PublicationRow.canonical_id.in_(ids)
    )
    stands = dict(session.execute(query).all())
    made = select(CanonicalRow.id, CanonicalRow.recipe_id).where(CanonicalRow.id.in_(ids))
    recipes = dict(session.execute(made).all())
    kept = alike.shut(session, list(recipes.values()))
    closed = {id for id, recipe in recipes.items() if kept.get(recipe, (False, False))[0]}
    return [
        _concerned(row, stands.get(row.canonical_id, "draft"), sealed=row.canonical_id in closed)
        for row in rows
    ]


def _concerned(row: NoticeImageRow, stands: str, *, sealed: bool) -> Concerned:
    return Concerned(
        row.canonical_id,
        row.canonical_id[:HEAD],
        RELATIONS.get(row.relation, row.relation),
        DECISIONS[row.decision],
        stands,
        row.decision == catalog.INCLUDED,
        Thumb("", "in quarantine or out of reach: no pixels are shown", "")
        if sealed
        else Thumb(f"/pixels/notice/{row.notice}/{row.canonical_id}/thumb", "", "", row.canonical_id[:HEAD]),
    )


def _said(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Its words under what the form asked; what was ticked says yes."""
    known = {**kinds.FIELDS, **kinds.COUNTER_FIELDS}
    plain = {name: value for name, value in said.items() if not isinstance(value, Mapping)}
    nested = {name: value for own in said.values() if isinstance(own, Mapping) for name, value in own.items()}
    shown = [*plain.items(), *nested.items()]
    return [
        (
            known[name].asks if name in known else name.replace("_", " ").capitalize(),
            "yes" if value is True else str(value),
        )
        for name, value in shown
    ]


def _located(located: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = []
    for name, value in located.items():
        for each in value if isinstance(value, list) else [value]:
            if each not in ("", None, {}):
                rows.append((LOCATED.get(name, name.capitalize()), str(each)))
    return rows or [("Nowhere", "the notice names no address, hash or picture")]


def _evidence(session: Session, notice_id: str) -> list[Kept]:
    query = select(EvidenceRow).where(EvidenceRow.notice == notice_id).order_by(EvidenceRow.key)
    rows = session.scalars(query)
    return [Kept(_brief(row.what), row.sha256, f"{row.bytes:,}") for row in rows]


def _brief(what: str) -> str:
    """`<image>/painting` with the beginning of the image's id."""
    image, slash, rest = what.partition("/")
    return f"{image[:HEAD]}{slash}{rest}"
