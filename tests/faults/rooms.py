"""The rooms of trust, each as one piece of work that can be cut off anywhere and begun again.

A room is made ready on an empty catalog; `work` does all of its work the way its edge does (each
transaction its own), and does only what is missing when it is called again; `end` tells what must be the same
however often it was cut off. Nothing random and no time stands in what `end` tells.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests.audit.conftest import write
from tests.provenance import outside
from tests.publication import images
from tests.review.desk import ADA, BOB, Desk
from wetplate.attestation.keys import fresh
from wetplate.audit.sealing import seal
from wetplate.audit.verify import verify as whole
from wetplate.canonical.tables import CanonicalRow
from wetplate.cli.adopt import taken_in
from wetplate.delivery.notices.carrying_out import Reach, carry_out
from wetplate.delivery.purging.memory import MemoryCache
from wetplate.generation.tables import PaintingRow
from wetplate.moderation import catalog as verdicts
from wetplate.moderation import tasks
from wetplate.provenance.tables import OriginalRow
from wetplate.publication import moves, takedown
from wetplate.publication.notices import catalog, decisions, execute, locate
from wetplate.publication.notices.tables import EvidenceRow, NoticeRow
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.recipes.catalog import register
from wetplate.recipes.tables import RecipeRow
from wetplate.retention.personal import Wrapping
from wetplate.retention.tables import RestrictedRow
from wetplate.review import counting
from wetplate.review import decisions as people
from wetplate.review.tables import DecisionRow
from wetplate.similarity.tables import BlockRow
from wetplate.storage.database import now, transaction
from wetplate.storage.objects import Objects
from wetplate.storage.outbox import Event

WRAPPING = Wrapping((b"k" * 32,))
DOUBT: Mapping[str, Any] = {
    "verdict": "review", "decided_by": "policy", "policy": "product-2", "policy_sha256": "0" * 64,
    "reasons": [],
}  # fmt: skip
ME, SECOND = "person:first", "person:second"
Told = Mapping[str, Any]
#: A picture in doubt may be hidden before somebody's word about it counts, and need not be.
HIDDEN = "image.unpublished"


class Room:
    """What the rooms have in common; made ready with the store as it is, cut off with one that dies.

    `moments` there are to die at, at the least; a `brief` room dies so many `deaths` when it dies again and
    again.
    """

    brief, moments, deaths = True, 1, 1

    def __init__(self, database: Engine, objects: Objects, folder: Path) -> None:
        self.database, self.objects, self.folder = database, objects, folder
        self.ready()

    def ready(self) -> None:
        """Whatever the work needs."""

    def work(self) -> None:
        """All of it."""
        raise NotImplementedError

    def end(self, session: Session) -> Told:
        """What must be the same in the end."""
        raise NotImplementedError

    def do(self, verb: Callable[..., Any], *said: Any, **more: Any) -> Any:
        """A verb in a transaction of its own."""
        with transaction(self.database) as session:
            return verb(session, *said, **more)


class Redacting(Room):
    """A face in a picture that is public already: somebody covers it."""

    moments, deaths = 12, 4

    def ready(self) -> None:
        with transaction(self.database) as session:
            self.image = images.published(session, self.objects)
            row = session.get_one(CanonicalRow, self.image)
            self.recipe, digest = row.recipe_id, row.object_sha256
            verdicts.VerdictRow.append(session, self.recipe, object_sha256=digest, **DOUBT)
            about = {"queue": tasks.REVIEW, "subject": self.recipe, "object_sha256": digest}
            task = tasks.open(session, **about, family=row.family, due_at=now())
            held = tasks.take(session, task.id, ADA.id, now=now(), seconds=600)
            said = (task.id, held.lease or 0, ADA, "redact", "privacy/face")
            details = {"regions": [[20, 24, 40, 30]]}
            people.propose(session, *said, details=details, undo_seconds=0)

    def work(self) -> None:
        counting.count(self.database, self.objects)
        self.do(moves.withdraw_rejected, "boots")
        self.do(takedown.execute, self.objects, self.image)

    def end(self, session: Session) -> Told:
        return {
            "verdicts": list(
                session.scalars(select(verdicts.VerdictRow.verdict).order_by(verdicts.VerdictRow.id))
            ),
            "decisions": count(session, DecisionRow),
            "recipes": sorted(session.scalars(select(RecipeRow.kind))),
            "apart": sorted(session.scalars(select(RestrictedRow.key))),
            "told": [topic for topic in topics(session) if topic != HIDDEN],
            "state": session.scalars(select(PublicationRow.state)).all(),
        }


class Adopting(Room):
    """Two files of a folder."""

    moments, deaths = 12, 8

    def ready(self) -> None:
        self.do(register, images.family())
        for name, body in {"red-a.png": outside.told(), "b.webp": outside.marked(2)}.items():
            (self.folder / name).write_bytes(body)

    def work(self) -> None:
        said = (images.family(), self.folder, "trainedAlgorithmicMedia")
        taken, refused = taken_in(self.database, self.objects, images.SIGNER, *said)
        assert (len(taken), refused) == (2, {})

    def end(self, session: Session) -> Told:
        return {
            "originals": sorted(session.scalars(select(OriginalRow.key))),
            "recipes": count(session, RecipeRow),
            "paintings": sorted(session.scalars(select(PaintingRow.key))),
        }


class Sealing(Room):
    """A trail that grows while it is sealed: every call finds one row more."""

    moments, deaths = 5, 5

    def ready(self) -> None:
        self.key, self.rows = fresh(), 0

    def work(self) -> None:
        if self.rows < 3:
            self.rows += 1
            write(self.database, "a", ["review"])
        seal(self.database, self.objects, self.key)

    def end(self, session: Session) -> Told:
        report = whole(session, self.objects, [self.key])
        return {"findings": [str(each) for each in report.findings]}


class Deciding(Room):
    """Three proposals of two people: one approves, one rejects, one asks a senior."""

    moments, deaths = 1, 1

    def ready(self) -> None:
        self.desk = Desk(self.database, self.objects, 3)
        self.recipes = [self.desk.say(number) for number in range(3)]
        said = (("approve", "looks-right"), ("reject", "ip/logo"), ("escalate", "unsure"))
        for recipe, who, words in zip(self.recipes, (ADA, BOB, ADA), said, strict=True):
            task = self.desk.open("review", recipe)
            assert task is not None
            held = self.do(tasks.take, task.id, who.id, now=now(), seconds=600)
            self.do(people.propose, task.id, held.lease, who, *words, undo_seconds=0)

    def work(self) -> None:
        counting.count(self.database, self.objects)

    def end(self, session: Session) -> Told:
        return {
            "verdicts": [verdicts.last_verdict(session, recipe).verdict for recipe in self.recipes],  # type: ignore[union-attr]
            "rows": count(session, verdicts.VerdictRow),
            "decisions": sorted(session.scalars(select(DecisionRow.decision))),
            "open": sorted(session.scalars(select(tasks.TaskRow.queue).where(tasks.OPEN))),
            "told": topics(session),
        }


class Complaining(Room):
    """From a notice that is filed to a decision that is carried out in every cache, with its evidence."""

    brief, moments = False, 40

    def ready(self) -> None:
        with transaction(self.database) as session:
            self.image = images.published(session, self.objects)
        self.notice, self.cache = "", MemoryCache("edge", url="https://edge.example")
        self.key = fresh()

    def work(self) -> None:
        self.filed()
        self.do(execute.uphold, self.notice, ME)
        assert carry_out(self.reach(), self.notice, ME).left == ""

    def filed(self) -> None:
        """Once: whoever got no receipt and hands it in again makes a second notice, a whole one."""
        if not self.notice:
            said: dict[str, object] = {"reason": "mine", "name": "A. Person"}
            where = locate.pointed([f"/gallery/boots/{self.image}"])
            how = {"kind": "dsa", "said": said, "where": where, "actor": "stranger", "channel": "api"}
            self.notice = self.do(catalog.file, WRAPPING, **how).notice.id

    def reach(self) -> Reach:
        return Reach(
            self.database, self.objects, (self.cache,), lambda url: 410, self.key, "https://edge.example"
        )

    def end(self, session: Session) -> Told:
        last = NoticeRow.id == self.notice
        kept = session.scalars(select(EvidenceRow).where(EvidenceRow.notice == self.notice)).all()
        assert all(self.objects.head(each.key).sha256 == each.sha256 for each in kept)
        return {
            "state": session.scalars(select(NoticeRow.state).where(last)).one(),
            "events": [each.event for each in catalog.events(session, self.notice)],
            "kept": sorted(each.what.removeprefix(f"{self.image}/") for each in kept),
            "blocks": sorted(session.scalars(select(BlockRow.kind).where(BlockRow.lifted_at.is_(None)))),
            "moves": list(session.scalars(select(MoveRow.move).order_by(MoveRow.id))),
            "public": [entry.key for entry in self.objects.list("derivatives/")],
        }


class Reinstating(Complaining):
    """A takedown that is appealed against and reversed."""

    brief, moments = False, 8

    def ready(self) -> None:
        super().ready()
        super().work()
        self.do(decisions.appeal, self.notice, "stranger", "look again")

    def work(self) -> None:
        if self.do(catalog.find, self.notice).state == "appealed":
            self.do(decisions.decide_appeal, self.notice, SECOND, reverse=True)
        carry_out(self.reach(), self.notice, ME)

    def end(self, session: Session) -> Told:
        return {**super().end(session), "version": session.scalars(select(PublicationRow.version)).all()}


ROOMS = (Redacting, Adopting, Sealing, Deciding, Complaining, Reinstating)


def count(session: Session, table: type) -> int:
    """How many rows there are."""
    return session.scalars(select(func.count()).select_from(table)).one()


def topics(session: Session) -> list[str]:
    """What was told, in order."""
    return list(session.scalars(select(Event.topic).order_by(Event.id)))
