"""Transform rows: kept once, found best first, withdrawn with their image, swept when room is needed."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.derivatives.images import image
from wetplate.derivatives import catalog, ondemand
from wetplate.derivatives.asked import Asked, Finished
from wetplate.derivatives.tables import TransformRow
from wetplate.derivatives.tiers import FAST, PRODUCTION
from wetplate.derivatives.transform import read
from wetplate.storage import outbox
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import sha256
from wetplate.storage.outbox import Event

RNG = np.random.default_rng(3)


def finished(size: int = 1000, width: int = 96) -> Finished:
    body = RNG.bytes(size)
    return Finished(body, sha256(body), width, 64, 60)


def asked(canonical_id: str, text: str = "w96.avif", version: int = 1) -> Asked:
    return Asked(canonical_id, "boots", version, read(text))


def kept(session: Session, objects: MemoryObjects, what: Asked, tier: str, made: Finished) -> None:
    ondemand.add(session, what, tier, made, ondemand.store(objects, what, made))


def test_a_file_is_kept_and_asked_for_once(session: Session, objects: MemoryObjects) -> None:
    what, made = asked(image(session, objects).id), finished()
    assert ondemand.find(session, what) is None
    for _ in range(2):
        ondemand.keep(session, objects, what, made)
    row = ondemand.find(session, what)
    assert row is not None
    assert (row.tier, row.name, row.bytes) == (FAST, f"{made.sha256[:16]}-96.avif", 1000)
    assert row.key == f"transforms/{what.image[:2]}/{what.image}/{row.name}"
    assert objects.get(row.key) == made.body
    assert objects.head(row.key).content_type == "image/avif"
    events = session.scalars(select(Event).where(Event.topic == "transform.requested")).all()
    assert [(each.key, each.payload) for each in events] == [
        (what.image, {"transform": "w96.avif", "version": 1})
    ]
    assert ondemand.find(session, replace(what, version=2)) is None
    assert ondemand.find(session, replace(what, transform=read("w96_qhigh.avif"))) is None


def test_the_better_file_is_found_first_and_takes_the_place(session: Session, objects: MemoryObjects) -> None:
    what = asked(image(session, objects).id)
    fast, better = finished(), finished()
    ondemand.keep(session, objects, what, fast)
    kept(session, objects, what, PRODUCTION, better)
    found = ondemand.find(session, what)
    assert found is not None
    assert (found.tier, found.sha256) == (PRODUCTION, better.sha256)
    ondemand.supersede(session, what)
    rows = session.scalars(select(TransformRow).where(TransformRow.superseded_at.is_not(None))).all()
    assert [row.sha256 for row in rows] == [fast.sha256]


def test_a_takedown_takes_transforms_too(session: Session, objects: MemoryObjects) -> None:
    one, other = image(session, objects, 1).id, image(session, objects, 2).id
    for canonical_id in (one, other):
        ondemand.keep(session, objects, asked(canonical_id), finished())
        kept(session, objects, asked(canonical_id), PRODUCTION, finished())
        ondemand.supersede(session, asked(canonical_id))
    gone = catalog.withdraw(session, one)
    assert gone == sorted(entry.key for entry in objects.list(f"transforms/{one[:2]}/{one}"))
    assert len(gone) == 2
    assert ondemand.find(session, asked(one)) is None
    assert ondemand.find(session, asked(other)) is not None
    assert catalog.withdraw(session, one) == gone


def swept(session: Session, objects: MemoryObjects, keep_bytes: int) -> int:
    """A sweep and what follows its commit; the bytes freed."""
    told = ondemand.sweep(session, keep_bytes)
    for key in told.keys:
        objects.delete(key)
    return told.bytes


def test_requests_for_production_files_have_an_end(
    session: Session, objects: MemoryObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ondemand, "WAITING", 2)
    canonical_id = image(session, objects).id

    def ask(text: str) -> int:
        ondemand.keep(session, objects, asked(canonical_id, text), finished())
        return len(outbox.unhandled(session, topics=[ondemand.REQUESTED]))

    assert [ask(text) for text in ("w64.avif", "w96.avif", "w128.avif")] == [1, 2, 2]
    assert ondemand.find(session, asked(canonical_id, "w128.avif")) is not None
    outbox.handle(session, [outbox.unhandled(session, topics=[ondemand.REQUESTED])[0].id])
    assert ask("w160.avif") == 2


def test_the_store_is_bounded(
    session: Session, objects: MemoryObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Superseded first, then fast, then production; the oldest of each first; nothing that still fits."""
    canonical_id = image(session, objects).id
    texts = ["w64.avif", "w96.avif", "w128.avif", "w160.avif"]
    for text in texts:
        ondemand.keep(session, objects, asked(canonical_id, text), finished())
    for text in texts[:2]:
        kept(session, objects, asked(canonical_id, text), PRODUCTION, finished())
    ondemand.supersede(session, asked(canonical_id, texts[0]))

    def left() -> list[tuple[str, str]]:
        rows = session.execute(select(TransformRow.transform, TransformRow.tier).order_by(TransformRow.id))
        keys = session.scalars(select(TransformRow.key).order_by(TransformRow.key)).all()
        assert [entry.key for entry in objects.list("transforms/")] == keys
        return [(transform, tier) for transform, tier in rows]

    assert swept(session, objects, 6000) == 0
    assert swept(session, objects, 5999) == 1000
    assert ("w64.avif", FAST) not in left()
    monkeypatch.setattr(ondemand, "BATCH", 1)
    assert swept(session, objects, 3000) == 1000
    assert ("w96.avif", FAST) not in left()
    assert swept(session, objects, 3000) == 1000
    assert left() == [("w160.avif", FAST), ("w64.avif", PRODUCTION), ("w96.avif", PRODUCTION)]
    monkeypatch.undo()
    assert swept(session, objects, 0) == 3000
    assert left() == []


def test_bytes_that_another_row_needs_stay(session: Session, objects: MemoryObjects) -> None:
    canonical_id, made = image(session, objects).id, finished()
    ondemand.keep(session, objects, asked(canonical_id), made)
    ondemand.keep(session, objects, asked(canonical_id, "w96_qhigh.avif"), made)
    assert swept(session, objects, 1000) == 1000
    assert session.scalar(select(func.count()).select_from(TransformRow)) == 1
    assert len(list(objects.list("transforms/"))) == 1
