"""The catalog of notices: the only writer of their rows, images and events.

Here: filing, finding, taking one step, what a notice is about. Not here: which steps are legal (`steps`),
what happens to images (`execute`), evidence (`evidence`).

Rules:
1. The notice's row is locked first; a step is one chained event and one line of news in the same transaction.
2. Events name people by pseudonym only. What a notice says about persons, and every free word said or
   written about it, is sealed apart under the subject `notice:<id>`; events carry references (`words`). Read
   it through `said`, `persons` and `told`.
3. A notice that points at nothing we know, or lacks what the law asks for, is received all the same.
4. Whoever complained gets a token once; the catalog keeps its hash only.
5. Work about the abuse of children is in quarantine: no picture is shown unasked.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import NoticeError, NoticeUnknown
from wetplate.moderation import quarantine, tasks
from wetplate.publication.notices import kinds, locate, steps
from wetplate.publication.notices.locate import Where
from wetplate.publication.notices.steps import Outcome, Standing, State, Step
from wetplate.publication.notices.tables import NoticeEventRow, NoticeImageRow, NoticeRow
from wetplate.retention import personal, words
from wetplate.retention.personal import Wrapping
from wetplate.storage import outbox
from wetplate.storage.database import now
from wetplate.storage.objects import sha256

HEX = frozenset("0123456789abcdef")
PROPOSED, INCLUDED, LEFT_OUT = "proposed", "included", "left_out"
FILE = "file"
CHANNELS = ("form", "api", "operator")
DECIDING = (Step.DECIDE, Step.CONFIRM, Step.REVERSE)


@dataclass(frozen=True)
class Filed:
    """A notice that was just filed, the token of its receipt, and what the law asks for that it lacks."""

    notice: NoticeRow
    token: str
    missing: Mapping[str, str]
    found: bool


def file(
    session: Session,
    wrapping: Wrapping,
    *,
    kind: str,
    said: Mapping[str, object],
    where: Where,
    actor: str,
    channel: str,
) -> Filed:
    """Receive a notice; `said` are fields of `kinds.FIELDS`. Raises NoticeError."""
    law, plain = kinds.kind(kind), kinds.checked(said)
    if not where.anything and not plain:
        raise NoticeError("the notice says nothing: give an address, a hash or a picture, and a reason")
    lacking = kinds.missing(law, plain, [*where.urls, *where.hashes, *filter(None, [where.upload])])
    about_persons, free, rest = kinds.apart(plain)
    token, moment = secrets.token_hex(16), now()
    row = NoticeRow(
        id=secrets.token_hex(8),
        kind=law,
        state=State.RECEIVED,
        located=where.recorded(),
        said=rest,
        receipt=sha256(token.encode()),
        at=moment,
        due_at=moment + kinds.decided_within(law, rest),
    )
    session.add(row)
    session.flush()
    personal.keep(session, wrapping, subject(row.id), about_persons)
    row.said = rest | words.kept(session, wrapping, subject(row.id), free)
    found = locate.located(session, where)
    _propose(session, row.id, found)
    details = {"kind": law, "channel": channel, "missing": lacking, "images": found, "located": bool(found)}
    _event(session, row, FILE, "", actor, details)
    _open_task(session, row, tasks.TAKEDOWN)
    return Filed(row, token, lacking, bool(found))


def take(session: Session, notice_id: str, step: Step, actor: str, **details: Any) -> NoticeRow:
    """Take one step; `details` go into its event, an `outcome` among them into the row too.

    Raises NoticeStep, NoticeUnknown.
    """
    row = locked(session, notice_id)
    before = State(row.state)
    row.state = steps.after(standing(session, row), step)
    row.outcome = details.get("outcome", row.outcome)
    if State(row.state).over:
        row.closed_at, row.due_at = now(), None
    elif before.over:
        row.closed_at = None
    _event(session, row, step, before, actor, details)
    return row


def note(session: Session, notice_id: str, event: str, actor: str, **details: Any) -> None:
    """Record something about a notice that leaves it where it is."""
    row = locked(session, notice_id)
    NoticeEventRow.append(
        session, row.id, event=event, from_state=row.state, to_state=row.state, actor=actor, details=details
    )


def standing(session: Session, row: NoticeRow) -> Standing:
    """What the next step looks at."""
    taken = {event.event for event in events(session, row.id)}
    outcome = Outcome(row.outcome) if row.outcome else None
    return Standing(State(row.state), outcome, Step.COUNTER in taken, Step.APPEAL in taken)


def locked(session: Session, notice_id: str) -> NoticeRow:
    """The notice, locked until the transaction ends. Raises NoticeUnknown."""
    query = select(NoticeRow).where(NoticeRow.id == notice_id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NoticeUnknown(f"no notice {notice_id[:40]!r}; `wetplate notice list` shows them")
    return row


def find(session: Session, prefix: str) -> NoticeRow:
    """The notice whose id begins with these hex digits. Raises NoticeUnknown."""
    digits = prefix.strip().lower().removeprefix("notice:")
    if not digits or not HEX.issuperset(digits):
        raise NoticeUnknown(f"{prefix[:40]!r} is no notice's id; `wetplate notice list` shows them")
    found = session.scalars(select(NoticeRow).where(NoticeRow.id.startswith(digits)).limit(2)).all()
    if not found:
        raise NoticeUnknown(f"no notice begins with {digits[:40]}; `wetplate notice list` shows them")
    if len(found) > 1:
        raise NoticeUnknown(f"several notices begin with {digits}; give more digits")
    return found[0]


def by_receipt(session: Session, notice_id: str, token: str) -> NoticeRow:
    """The notice, for whoever holds its receipt. Raises NoticeUnknown, the same for a wrong id or token."""
    row = session.get(NoticeRow, notice_id)
    if not secrets.compare_digest(row.receipt if row else "", sha256(token.encode())) or row is None:
        raise NoticeUnknown(
            "there is no such receipt; use the address that was shown when you sent the notice"
        )
    return row


def listed(
    session: Session, *, state: str | None = None, over: bool = False, limit: int = 200
) -> Sequence[NoticeRow]:
    """Notices, what is due first; those that are over only if asked for."""
    query = select(NoticeRow).order_by(NoticeRow.due_at.nulls_last(), NoticeRow.at).limit(limit)
    if state is not None:
        query = query.where(NoticeRow.state == State(state))
    elif not over:
        query = query.where(NoticeRow.closed_at.is_(None))
    return session.scalars(query).all()


def events(session: Session, notice_id: str) -> Sequence[NoticeEventRow]:
    """What happened, in order."""
    row = NoticeEventRow
    return session.scalars(select(row).where(row.stream == notice_id).order_by(row.position)).all()


def images(session: Session, notice_id: str) -> Sequence[NoticeImageRow]:
    """What the notice is about."""
    row = NoticeImageRow
    return session.scalars(select(row).where(row.notice == notice_id).order_by(row.canonical_id)).all()


def included(session: Session, notice_id: str) -> list[str]:
    """Canonical ids of the images that the decision is about."""
    return [row.canonical_id for row in images(session, notice_id) if row.decision == INCLUDED]


def choose(session: Session, notice_id: str, canonical_ids: Iterable[str], decision: str, actor: str) -> None:
    """Include images in the notice (INCLUDED) or leave them out (LEFT_OUT), also ones nobody had proposed.

    Raises NoticeError once it is decided, and for an image that does not exist.
    """
    chosen = list(canonical_ids)
    row = locked(session, notice_id)
    if not State(row.state).undecided:
        raise NoticeError(f"the notice is {row.state}: what it is about was decided; file another one")
    known = set(session.scalars(select(CanonicalRow.id).where(CanonicalRow.id.in_(chosen))))
    if unknown := [image for image in chosen if image not in known]:
        raise NoticeError(f"{unknown[0][:70]!r} is no canonical image's id; `wetplate image` finds ids")
    for image in chosen:
        entry = insert(NoticeImageRow).values(
            notice=row.id, canonical_id=image, relation=locate.NAMED, decision=decision
        )
        same = [NoticeImageRow.notice, NoticeImageRow.canonical_id]
        session.execute(entry.on_conflict_do_update(index_elements=same, set_={"decision": decision}))
    session.flush()
    session.expire_all()
    note(session, notice_id, "choose", actor, images=chosen, decision=decision)


def deciders(session: Session, notice_id: str) -> set[str]:
    """Who has decided anything about the notice, or had a say in it."""
    made = [event for event in events(session, notice_id) if event.event in DECIDING]
    return {name for event in made for name in (event.actor, *event.details.get("others", ()))}


def decision(session: Session, notice_id: str) -> dict[str, Any]:
    """What the decision in force says; empty while there is none."""
    decided = [event for event in events(session, notice_id) if event.event == Step.DECIDE]
    return dict(decided[-1].details) | {"at": decided[-1].at, "actor": decided[-1].actor} if decided else {}


def said(session: Session, wrapping: Wrapping | None, row: NoticeRow) -> dict[str, Any]:
    """What the notice says, but for who says it; `words.ERASED` in place of what was erased."""
    return words.shown(session, wrapping, subject(row.id), row.said)


def persons(session: Session, wrapping: Wrapping, notice_id: str) -> dict[str, str]:
    """Who says it: the personal fields. Raises Erased."""
    kept = personal.read(session, wrapping, subject(notice_id))
    return {name: value for name, value in kept.items() if not words.referred(name)}


def told(session: Session, wrapping: Wrapping | None, event: NoticeEventRow) -> dict[str, Any]:
    """The details of an event, free words in the clear as far as they are not erased."""
    return words.shown(session, wrapping, subject(event.stream), event.details)


def waiting(session: Session) -> int:
    """How many notices nobody has decided yet: what strangers can make grow."""
    undecided = NoticeRow.state.in_(steps.UNDECIDED)
    return session.scalar(select(func.count()).where(undecided, NoticeRow.closed_at.is_(None))) or 0


def subject(notice_id: str) -> str:
    """What tasks, blocks, holds and personal fields call the notice."""
    return f"notice:{notice_id}"


def family(session: Session, notice_id: str) -> str:
    """The family of the first image that the notice is about; empty when there is none."""
    query = (
        select(CanonicalRow.family)
        .join(NoticeImageRow, NoticeImageRow.canonical_id == CanonicalRow.id)
        .where(NoticeImageRow.notice == notice_id)
        .order_by(CanonicalRow.family)
    )
    return session.scalars(query.limit(1)).first() or ""


def open_appeal(session: Session, row: NoticeRow, excluded: Iterable[str]) -> None:
    """Ask for a second person: somebody who decided nothing about the notice."""
    _open_task(session, row, tasks.APPEAL, [actor.removeprefix("person:") for actor in excluded])


def _propose(session: Session, notice_id: str, found: Mapping[str, str]) -> None:
    for image, relation in found.items():
        sure = PROPOSED if relation == locate.NEAR else INCLUDED
        session.add(NoticeImageRow(notice=notice_id, canonical_id=image, relation=relation, decision=sure))
    session.flush()


def _open_task(session: Session, row: NoticeRow, queue: str, excluded: Iterable[str] = ()) -> None:
    unseen = kinds.zero_tolerance(row.said)
    tasks.open(
        session,
        queue=queue,
        subject=subject(row.id),
        object_sha256="",
        family=family(session, row.id),
        slugs=quarantine.suspected(quarantine.UNSEEN) if unseen else (),
        restricted=unseen,
        due_at=row.due_at or now(),
        excluded=list(excluded),
    )


def _event(
    session: Session, row: NoticeRow, event: str, before: str, actor: str, details: Mapping[str, Any]
) -> None:
    session.flush()
    NoticeEventRow.append(
        session,
        row.id,
        event=event,
        from_state=before,
        to_state=row.state,
        actor=actor,
        details=dict(details),
    )
    told = {"step": event, "outcome": row.outcome, "kind": row.kind}
    outbox.append(session, steps.topic(State(row.state)), key=row.id, family=family(session, row.id), **told)
