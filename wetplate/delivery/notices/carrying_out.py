"""A decision about a notice is carried out to the end: rows, store, every cache, evidence.

Here: the order, and the look from outside. Not here: any of the steps (`publication.notices.execute`,
`purging`). Called by the command line and the pipeline, any number of times, at once or one after the other.

Rules:
1. One transaction a step; each finds out what is done already. Killed anywhere, the next call ends it.
   While a store copies or an address is asked, nobody waits for our locks.
2. Hidden and purged comes first, then evidence, then the takedown: nothing that takes time keeps an image
   in public.
3. Verified means: every cache has confirmed, was asked from outside and answered 404, 410 or 451, and so did
   the public address where one is configured. What is not verified stays executed and is tried again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from wetplate.attestation.keys import Key
from wetplate.delivery.purging import catalog as purges
from wetplate.delivery.purging import outside
from wetplate.delivery.purging.outside import GONE, Ask
from wetplate.delivery.purging.purger import Purger
from wetplate.delivery.purging.relay import drain, go_round
from wetplate.delivery.purging.schedule import TOPICS
from wetplate.delivery.purging.tables import PurgeRow
from wetplate.delivery.purging.targets import named
from wetplate.errors import PurgeFailed
from wetplate.publication.notices import catalog, evidence, execute
from wetplate.publication.notices.steps import Outcome, State
from wetplate.storage.database import clock, now, transaction
from wetplate.storage.objects import Objects
from wetplate.storage.outbox import Event


@dataclass(frozen=True)
class Reach:
    """What a decision is carried out with; `front` is where strangers ask, empty if nobody knows."""

    database: Engine
    objects: Objects
    purgers: Sequence[Purger]
    ask: Ask
    key: Key
    front: str = ""


@dataclass(frozen=True)
class Done:
    """Where the notice stands now, and what this call did; `left` says what is still owed."""

    notice: str
    state: str
    outcome: str
    images: list[str]
    deleted: int = 0
    kept: int = 0
    left: str = ""
    seconds: float | None = None


def carry_out(reach: Reach, notice_id: str, actor: str) -> Done:
    """Carry out what was decided. Raises NoticeUnknown, StorageError."""
    database = reach.database
    with transaction(database) as session:
        execute.hide(session, notice_id, actor)
    if reach.purgers:
        go_round(database, reach.purgers, reach.ask)
    with transaction(database) as session:
        kept = _keep(session, reach.objects, notice_id)
    with transaction(database) as session:
        execute.execute(session, notice_id, actor)
    with transaction(database) as session:
        deleted = execute.delete(session, reach.objects, notice_id)
    left = _verify(reach, notice_id, actor)
    return _done(database, notice_id, deleted, kept, left)


def _keep(session: Session, objects: Objects, notice_id: str) -> int:
    row = catalog.find(session, notice_id)
    due = row.state == State.DECIDED and Outcome(str(row.outcome)).takes_down
    return evidence.keep_files(session, objects, notice_id) if due else 0


def _verify(reach: Reach, notice_id: str, actor: str) -> str:
    """Have every cache forget, look from outside, and record it; gives what is still owed."""
    with transaction(reach.database) as session:
        row = catalog.find(session, notice_id)
        if row.state not in (State.EXECUTED, State.VERIFIED):
            return ""
        down = catalog.included(session, notice_id) if Outcome(str(row.outcome)).takes_down else []
    if down and reach.purgers:
        drain(reach.database, reach.purgers, reach.ask)
    try:
        seen, addresses = _purges_seen(reach, notice_id, down)
        seen["asked"] = [_asked(reach, image, paths) for image, paths in addresses.items()]
        with transaction(reach.database) as session:
            told = {"seconds": seen["seconds"], "images": len(down), "caches": len(reach.purgers)}
            execute.verified(session, notice_id, actor, **told)
    except PurgeFailed as doubt:
        return str(doubt)
    with transaction(reach.database) as session:
        if down:
            evidence.seal(session, reach.objects, reach.key, notice_id, seen)
        execute.told(session, notice_id, actor)
    return ""


def _purges_seen(
    reach: Reach, notice_id: str, images: Sequence[str]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What proves that the caches forgot, and the addresses to ask at the front. Raises PurgeFailed."""
    with transaction(reach.database) as session:
        seen = _seen(session, reach, notice_id, images)
        paths = {image: outside.addresses(session, image) for image in images} if reach.front else {}
    return seen, paths


def _seen(session: Session, reach: Reach, notice_id: str, images: Sequence[str]) -> dict[str, Any]:
    """What proves that the caches forgot the images. Raises PurgeFailed while something is owed."""
    click = execute.clicked(session, notice_id)
    since = click.at if click else now()
    first = execute.told_from(session, notice_id, click) if click else 0
    rows = _purged(session, images, first, named(reach.purgers))
    if owed := [row for row, *_ in rows if row.verified_at is None]:
        raise PurgeFailed(
            f"{len(owed)} purges are still owed ({owed[0].target}: {owed[0].error or 'not yet'})"
        )
    if images and reach.purgers and not rows:
        raise PurgeFailed("no purge was written down yet")
    last = _dark(rows)
    return {
        "clicked_at": since,
        "unservable_at": last,
        "seconds": max(0.0, (last - since).total_seconds()),
        "caches": [_told(*row) for row in rows],
        "public_objects": 0,
    }


def _purged(
    session: Session, images: Sequence[str], first: int, caches: Sequence[str]
) -> list[tuple[PurgeRow, str, str]]:
    """The purges of these images from that news on, of the caches that are configured."""
    purges.expect(session, caches, clock(session))
    query = (
        select(PurgeRow, Event.topic, Event.key)
        .join(Event, Event.id == PurgeRow.event_id)
        .where(Event.key.in_(images), Event.topic.in_(TOPICS), Event.id > first)
        .where(PurgeRow.target.in_(caches))
        .order_by(PurgeRow.id)
    )
    return [(row, topic, key) for row, topic, key in session.execute(query)]


def _dark(rows: Sequence[tuple[PurgeRow, str, str]]) -> datetime:
    """When the last cache was seen to refuse the last image; hidden counts, the takedown only follows."""
    first: dict[str, int] = {}
    for row, _, image in rows:
        first[image] = min(first.get(image, row.event_id), row.event_id)
    seen = [row.verified_at for row, _, image in rows if row.event_id == first[image] and row.verified_at]
    return max(seen, default=now())


def _asked(reach: Reach, image: str, paths: Sequence[str]) -> dict[str, Any]:
    """The public addresses of the image, asked as a stranger, in no transaction. Raises PurgeFailed."""
    answers = {path: reach.ask(reach.front + path) for path in paths}
    if open_still := [path for path, status in answers.items() if status not in GONE]:
        raise PurgeFailed(f"{reach.front}{open_still[0][:24]}... still answers {answers[open_still[0]]}")
    return {"image": image, "front": reach.front, "answers": answers}


def _told(row: PurgeRow, topic: str, image: str) -> dict[str, Any]:
    times = {"purged_at": row.purged_at, "verified_at": row.verified_at}
    return {"cache": row.target, "news": topic, "image": image, "attempts": row.attempts, **times}


def _done(database: Engine, notice_id: str, deleted: int, kept: int, left: str) -> Done:
    with transaction(database) as session:
        row = catalog.find(session, notice_id)
        events = [each for each in catalog.events(session, notice_id) if each.event == "verify"]
        seconds = events[-1].details.get("seconds") if events else None
        images = catalog.included(session, notice_id)
        return Done(row.id, row.state, row.outcome or "", images, deleted, kept, left, seconds)
