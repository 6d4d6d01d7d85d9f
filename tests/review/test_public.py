"""What is public goes with the decision, in its transaction: no pipeline runs in these tests."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from tests.publication import images
from tests.review.desk import ADA, BOB, EVE
from wetplate.canonical.catalog import alone
from wetplate.canonical.tables import CanonicalRow
from wetplate.delivery import standing
from wetplate.derivatives.tables import DerivativeRow
from wetplate.errors import ImageGone, NotServed
from wetplate.moderation import tasks
from wetplate.moderation.tables import VerdictRow
from wetplate.publication import moves
from wetplate.publication.notices.effects import hide
from wetplate.review import decisions, operator
from wetplate.review.access import Person
from wetplate.review.second import Effect
from wetplate.storage.database import now, transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.outbox import LOCK

NUMBERS = count(1)
REGIONS = {"regions": [[20, 24, 40, 30]]}
DOUBT: dict[str, Any] = {
    "verdict": "review", "decided_by": "policy", "policy": "product-1", "policy_sha256": "0" * 64,
    "reasons": ["unsure"],
}  # fmt: skip


@dataclass
class Public:
    """A published picture and a task about it."""

    database: Engine
    objects: MemoryObjects
    family: str
    image: str
    recipe: str
    file: str

    def decide(self, person: Person, queue: str, decision: str, reason: str, **more: Any) -> Effect | None:
        with transaction(self.database) as session:
            task = tasks.of(session, queue, self.recipe)
            assert task is not None, f"nothing is open in {queue}"
            said = (task.id, person, decision, reason)
            return decisions.at_once(session, self.objects, *said, **more).effect

    def doubt(self) -> None:
        """The machine is not sure any more; nobody acts on it yet."""
        with transaction(self.database) as session:
            digest = session.get_one(CanonicalRow, self.image).object_sha256
            VerdictRow.append(session, self.recipe, object_sha256=digest, **DOUBT)

    def asked(self) -> None:
        """A stranger asks for the file, and for what is made on demand."""
        with transaction(self.database) as session:
            stands = standing.read(session, [self.image])[self.image]
        stands.admit(1)
        stands.published(self.file)


@pytest.fixture
def public(catalog: Engine, objects: MemoryObjects) -> Public:
    slug = f"mules-{next(NUMBERS)}"
    with transaction(catalog) as session:
        image = images.published(session, objects, slug=slug)
        row = session.get_one(CanonicalRow, image)
        about: dict[str, Any] = {"subject": row.recipe_id, "object_sha256": row.object_sha256}
        tasks.open(session, queue=tasks.REVIEW, **about, family=slug, due_at=now())
        file = session.scalars(select(DerivativeRow.name).where(DerivativeRow.canonical_id == image)).first()
        assert file is not None
    made = Public(catalog, objects, slug, image, row.recipe_id, file)
    made.asked()
    return made


@pytest.mark.parametrize(
    ("decision", "more"), [("reject", {}), ("redact", {"details": REGIONS})], ids=["reject", "redact"]
)
def test_what_counts_is_down_with_its_commit(public: Public, decision: str, more: dict[str, Any]) -> None:
    public.doubt()
    assert public.decide(ADA, "review", decision, "privacy/face", **more) is Effect.IN_FORCE
    with pytest.raises(ImageGone):
        public.asked()


def test_so_it_is_from_the_command_line(public: Public) -> None:
    public.doubt()
    with transaction(public.database) as session:
        operator.decide(session, public.objects, public.recipe, "reject", "ada", "ip/logo")
    with pytest.raises(ImageGone):
        public.asked()


@pytest.mark.parametrize(
    ("decision", "more"), [("reject", {}), ("redact", {"details": REGIONS})], ids=["reject", "redact"]
)
def test_it_is_hidden_while_a_second_person_is_asked(
    public: Public, decision: str, more: dict[str, Any]
) -> None:
    """Somebody approved it once: one person's word does not take it down for good."""
    assert public.decide(ADA, "review", decision, "privacy/face", **more) is Effect.SECOND
    with pytest.raises(NotServed):
        public.asked()
    if decision == "reject":
        assert public.decide(BOB, "second", decision, "privacy/face") is Effect.IN_FORCE
        with pytest.raises(ImageGone):
            public.asked()


def test_what_is_escalated_is_hidden_and_comes_back_when_approved(public: Public) -> None:
    assert public.decide(ADA, "review", "escalate", "unsure") is Effect.ESCALATED
    with pytest.raises(NotServed):
        public.asked()
    assert public.decide(EVE, "escalated", "approve", "looks-right") is Effect.IN_FORCE
    with transaction(public.database) as session:
        assert moves.unpublished(session, public.family) == [public.image]
        moves.publish(session, public.image, "test")
    public.asked()


def doubted(session: Session, image: str) -> None:
    assert moves.take_back(session, image, "test", doubt=True)


def complained_of(session: Session, image: str) -> None:
    assert hide(session, "0" * 16, [image], "test") == [image]


@pytest.mark.parametrize("hidden", [doubted, complained_of])
def test_hiding_waits_for_nobody_who_makes_files(
    public: Public, hidden: Callable[[Session, str], None]
) -> None:
    """And what they make behind its back is not handed out."""
    with transaction(public.database) as deriving:
        alone(deriving, f"derive {public.image}")
        with transaction(public.database) as session:
            session.execute(text("SET LOCAL lock_timeout = '200ms'"))
            moves.hold_still(session, [public.image])
            hidden(session, public.image)
        row = deriving.scalars(select(DerivativeRow).where(DerivativeRow.name == public.file)).one()
        late = {c.name: getattr(row, c.name) for c in row.__table__.columns if c.name not in ("id", "at")}
        deriving.add(DerivativeRow(**late | {"width": 1, "name": "late.png", "key": "late"}))
    public.file = "late.png"
    with pytest.raises(NotServed):
        public.asked()


class Watching(MemoryObjects):
    """A store that looks, at every call, whether others can tell news meanwhile."""

    def __init__(self, database: Engine, kept: MemoryObjects) -> None:
        super().__init__()
        self.database, self.kept, self.free = database, kept, list[bool]()

    def __getattribute__(self, name: str) -> Any:
        if name in ("get", "put", "head", "delete", "list"):
            with Session(self.database) as session:
                said = session.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK})
                self.free.append(bool(said.scalar()))
            return getattr(self.kept, name)
        return super().__getattribute__(name)


def test_whoever_tells_news_waits_for_no_store(public: Public) -> None:
    public.doubt()
    public.objects = store = Watching(public.database, public.objects)
    public.decide(ADA, "review", "redact", "privacy/face", details=REGIONS)
    assert len(store.free) > 6
    assert all(store.free)
