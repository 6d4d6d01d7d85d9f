"""The production tier: better, signed, once; nothing for what may not be shown any more."""

import ast
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.canonical.paintings import judged
from tests.derivatives.images import image
from tests.derivatives.test_ondemand import asked, finished
from wetplate.derivatives import ondemand
from wetplate.derivatives.asked import Asked
from wetplate.derivatives.refine import refine
from wetplate.derivatives.tables import TransformRow
from wetplate.errors import DerivativeError, ObjectMissing
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.chunks import foreign
from wetplate.imaging.codec import MEDIA_TYPES, decode, sniff
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.provenance.metadata import mark
from wetplate.settings import ROOT
from wetplate.storage import outbox
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import sha256
from wetplate.storage.outbox import Event

SIGNER = FakeSigner()


def requested(session: Session, objects: MemoryObjects, what: Asked) -> Event:
    ondemand.keep(session, objects, what, finished())
    return session.scalars(
        select(Event).where(Event.topic == "transform.requested").order_by(-Event.id)
    ).first()  # type: ignore[return-value]


def news(session: Session) -> list[dict[str, object]]:
    query = select(Event).where(Event.topic == "transform.refined").order_by(Event.id)
    return [event.payload for event in session.scalars(query)]


def test_a_request_becomes_a_better_signed_file_once(session: Session, objects: MemoryObjects) -> None:
    row = image(session, objects)
    texts = ["w128.avif", "w96_crop4x5.webp", "w192_pad2x1.jpg", "w160.png"]
    for text in texts:
        what = asked(row.id, text)
        event = requested(session, objects, what)
        assert "quality" in refine(session, objects, SIGNER, event.id)
        made = ondemand.find(session, what)
        assert made is not None
        body = objects.get(made.key)
        assert (made.tier, made.format) == ("production", sniff(body))
        assert sha256(body) == made.sha256
        assert made.name == f"{made.sha256[:16]}-{made.width}.{text.rpartition('.')[2]}"
        assert decode(body).shape[:2] == (made.height, made.width)
        assert foreign(body) == []
        assert mark(body) == "trainedAlgorithmicMedia"
        manifest = objects.get(made.manifest_key) if made.manifest_key else None
        assert (manifest is None) == (made.credentials == "short") == (len(body) >= 20_000)
        said = SIGNER.read(body, MEDIA_TYPES[made.format], manifest)
        assert said
        assert said.valid
        assert said.claim
        assert ("cropped" in said.claim.actions) == ("crop" in text)
        assert ("edited" in said.claim.actions) == ("pad" in text)
        assert "resized" in said.claim.actions
        assert made.format == "png" or (made.score or 0) >= 75
        session.refresh(event)
        assert event.handled_at
        assert news(session)[-1] == {"transform": text, "version": 1, "name": made.name}
    before = sorted(entry.key for entry in objects.list())
    for event in session.scalars(select(Event).where(Event.topic == "transform.requested")):
        assert "done already" in refine(session, objects, SIGNER, event.id)
    assert sorted(entry.key for entry in objects.list()) == before
    assert len(news(session)) == len(texts)
    fast = session.scalars(select(TransformRow).where(TransformRow.tier == "fast")).all()
    assert all(row.superseded_at for row in fast)


def test_what_stands_is_not_made_again(session: Session, objects: MemoryObjects) -> None:
    """The same is asked for again after a sweep of the fast file, or by a run that was cut short."""
    what = asked(image(session, objects).id)
    refine(session, objects, SIGNER, requested(session, objects, what).id)
    again = requested(session, objects, what)
    assert "stands already" in refine(session, objects, SIGNER, again.id)
    assert len(news(session)) == 1


def test_nothing_is_made_of_what_may_not_be_shown(session: Session, objects: MemoryObjects) -> None:
    taken, older, doubted = (image(session, objects, number) for number in (1, 2, 3))
    events = [requested(session, objects, asked(row.id)) for row in (taken, older, doubted)]
    outbox.append(session, "image.withdrawn", key=taken.id, family="boots", version=2)
    outbox.append(session, "image.withdrawn", key=older.id, family="boots", version=2)
    outbox.append(session, "image.reinstated", key=older.id, family="boots", version=2)
    judged(session, session.get_one(PaintingRow, doubted.recipe_id), "review")
    before = sorted(entry.key for entry in objects.list())
    for event in events:
        assert "nothing made" in refine(session, objects, SIGNER, event.id)
        session.refresh(event)
        assert event.handled_at
    assert sorted(entry.key for entry in objects.list()) == before
    assert news(session) == []
    now = requested(session, objects, asked(older.id, version=2))
    assert "bytes" in refine(session, objects, SIGNER, now.id)


def test_a_takedown_during_the_work_wins(session: Session, objects: MemoryObjects) -> None:
    """Nothing waits for the work; what was taken down meanwhile is not kept."""
    row = image(session, objects)
    event = requested(session, objects, asked(row.id))
    before = sorted(entry.key for entry in objects.list("transforms/"))

    class Meanwhile(FakeSigner):
        def sidecar(self, *said: Any) -> Any:
            outbox.append(session, "image.withdrawn", key=row.id, family="boots", version=2)
            return super().sidecar(*said)

    assert "nothing made" in refine(session, objects, Meanwhile(), event.id)
    assert sorted(entry.key for entry in objects.list("transforms/")) == before
    assert news(session) == []


def test_what_cannot_be_carried_out_stays_undone(session: Session, objects: MemoryObjects) -> None:
    row, other = image(session, objects, 1), image(session, objects, 2)
    event = requested(session, objects, asked(row.id))
    objects.delete(row.key)
    with pytest.raises(ObjectMissing):
        refine(session, objects, SIGNER, event.id)
    objects.put(row.key, objects.get(other.key), content_type="image/png")
    with pytest.raises(DerivativeError, match="restore"):
        refine(session, objects, SIGNER, event.id)
    session.refresh(event)
    assert event.handled_at is None
    with pytest.raises(DerivativeError, match="asks for no transform"):
        refine(session, objects, SIGNER, 10**6)


PAINTERS = {f"wetplate.generation.{name}" for name in ("diffusion", "pipeline", "studio", "shift", "painter")}


def test_no_way_leads_from_a_request_to_a_painter() -> None:
    """Whatever the origin, its workers or the refine job import, however indirectly, cannot paint."""
    roots = [*(ROOT / "wetplate" / "delivery").rglob("*.py"), ROOT / "wetplate" / "derivatives" / "refine.py"]
    reached = _reached({_module(path) for path in roots})
    assert "wetplate.derivatives.refine" in reached
    assert "wetplate.delivery.transforms.worker" in reached
    assert not reached & PAINTERS


def _reached(modules: set[str]) -> set[str]:
    seen: set[str] = set()
    while modules - seen:
        for module in modules - seen:
            seen.add(module)
            modules = modules | _imports(module)
    return seen


def _imports(module: str) -> set[str]:
    """Modules of ours that a module's source names, at any depth of the source."""
    path = ROOT / (module.replace(".", "/") + ".py")
    path = path if path.exists() else ROOT / module.replace(".", "/") / "__init__.py"
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in named if name.startswith("wetplate") and _there(name)}


def _there(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
