"""What a notice says, as pages show it: words, images, evidence, steps taken. Receives the session.

Rules:
1. Everything about persons is left out here; `notice` shows it to seniors, and that is logged.
2. A picture is veiled as on its own task; what is in quarantine shows no pixels until a senior said why, and
   of a notice about the abuse of children that is every picture.
"""

from collections.abc import Container, Mapping
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
from wetplate.retention.personal import Wrapping
from wetplate.review.access import Person, Role
from wetplate.review.pages import alike, grants, past, subjects, thumbs, words
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
LEAST = Role.REVIEWER
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


def complaint(
    session: Session, who: Person, notice_id: str, now: datetime, wrapping: Wrapping | None = None
) -> dict[str, Any]:
    """Everything on record but persons. Raises NoticeUnknown."""
    row = catalog.find(session, notice_id)
    return {
        "id": row.id,
        "short": row.id[:HEAD],
        "about": f"{KINDS.get(row.kind, row.kind)}, came in {row.at:%d %b %Y, %H:%M} UTC",
        "tags": [state(row), *([words.due(row.due_at, now)] if row.due_at else [])],
        "said": _said(catalog.said(session, wrapping, row)),
        "images": images(session, who, row, now),
        "closed_images": len(closed(session, who, row, now)),
        "may_open": who.may(grants.LEAST),
        "minutes": grants.MINUTES,
        "back": "",
        "located": _located(row.located),
        "evidence": _evidence(session, row.id),
        "history": [
            past.step(each, catalog.told(session, wrapping, each)) for each in catalog.events(session, row.id)
        ],
    }


def state(row: NoticeRow) -> Tag:
    """Where the notice stands."""
    tone, icon = TONES[State(row.state).over]
    return Tag(f"{row.state}" + (f": {row.outcome}" if row.outcome else ""), tone, icon)


def images(session: Session, who: Person, notice: NoticeRow, now: datetime) -> list[Concerned]:
    """What it is about, or may be, as this person may see it now."""
    rows = catalog.images(session, notice.id)
    ids = [row.canonical_id for row in rows]
    query = select(PublicationRow.canonical_id, PublicationRow.state)
    stands = dict(session.execute(query.where(PublicationRow.canonical_id.in_(ids))).all())
    made = session.scalars(select(CanonicalRow).where(CanonicalRow.id.in_(ids))).all()
    kept = alike.shut(session, {each.recipe_id: each.object_sha256 for each in made})
    unseen = kinds.zero_tolerance(notice.said)
    sensitive = {each.id for each in made if unseen or kept[each.recipe_id][1]}
    away = subjects.away(session, list(kept))
    gone = {each.id for each in made if each.recipe_id in away}
    shut = closed(session, who, notice, now)
    return [
        _concerned(row, stands.get(row.canonical_id, "draft"), _picture(row, who, shut, gone, sensitive))
        for row in rows
    ]


def closed(session: Session, who: Person, notice: NoticeRow, now: datetime) -> Mapping[str, str]:
    """Its images whose pixels may not go out to this person now, with their recipes."""
    ids = [row.canonical_id for row in catalog.images(session, notice.id)]
    made = session.scalars(select(CanonicalRow).where(CanonicalRow.id.in_(ids))).all()
    shut = grants.shut_of(session, who, notice, {each.recipe_id: each.object_sha256 for each in made}, now)
    return {each.id: each.recipe_id for each in made if each.recipe_id in shut}


def _picture(
    row: NoticeImageRow, who: Person, shut: Container[str], gone: Container[str], sensitive: Container[str]
) -> Thumb:
    if row.canonical_id in gone:
        return Thumb("", "out of reach: no pixels are shown", "")
    if row.canonical_id in shut:
        return Thumb("", "in quarantine: no pixels are shown", "")
    if not who.may(LEAST):
        return Thumb("", f"shown from the role {LEAST} on", "")
    src = f"/pixels/notice/{row.notice}/{row.canonical_id}/thumb"
    veil = thumbs.veil(who, sensitive=row.canonical_id in sensitive)
    return Thumb(src, "", veil, row.canonical_id[:HEAD])


def _concerned(row: NoticeImageRow, stands: str, picture: Thumb) -> Concerned:
    return Concerned(
        row.canonical_id,
        row.canonical_id[:HEAD],
        RELATIONS.get(row.relation, row.relation),
        DECISIONS[row.decision],
        stands,
        row.decision == catalog.INCLUDED,
        picture,
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
    return [
        Kept(_brief(row.what), row.sha256, "deleted" if row.deleted_at else f"{row.bytes:,}") for row in rows
    ]


def _brief(what: str) -> str:
    """`<image>/painting` with the beginning of the image's id."""
    image, slash, rest = what.partition("/")
    return f"{image[:HEAD]}{slash}{rest}"
