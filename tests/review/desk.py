"""Reviewers by role, and a family of images that wait for them.

The tests of a module share one catalog; each has a family of its own in it.
"""

from datetime import timedelta
from itertools import count
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from tests.review.people import WRAPPING
from wetplate.generation import catalog as paintings
from wetplate.moderation import catalog, tasks
from wetplate.moderation.judge import Judged
from wetplate.moderation.signals import Signal
from wetplate.moderation.tables import TaskRow
from wetplate.recipes.tables import FamilyRow, RecipeRow
from wetplate.review import decisions
from wetplate.review.access import Person, Role
from wetplate.review.decisions import Outcome
from wetplate.storage import outbox
from wetplate.storage.database import now, transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import sha256
from wetplate.storage.outbox import Event

NUMBERS = count(1)
ADA = Person("r-0000ada0", Role.REVIEWER, "")
BOB = Person("r-00000b0b", Role.SENIOR, "")
EVE = Person("r-00000eee", Role.SENIOR, "")
ZOE = Person("r-000020e0", Role.SENIOR, "")
ADMIN = Person("r-00000001", Role.ADMIN, "")
HOUR = timedelta(hours=1)


def judged(recipe_id: str, sha256: str, verdict: str = "review", **more: object) -> Judged:
    """What the machine says of these bytes."""
    signals = (Signal("eye", "1", "BAD", 0.7, slug="sexual/nudity", approve=0.5, reject=0.9),)
    plain = {"reasons": ("eye: BAD 0.70",), "signals": signals, "policy": "plain", "policy_sha256": "5" * 64}
    return Judged(recipe_id, sha256, verdict, **{**plain, **more})  # type: ignore[arg-type]


class Desk:
    """People at work on the images of one family, one transaction each, as the console does it."""

    def __init__(self, database: Engine, objects: MemoryObjects, images: int) -> None:
        self.database, self.objects, self.clock = database, objects, now()
        self.family = f"clogs-{next(NUMBERS)}"
        with transaction(database) as session:
            session.add(FamilyRow(slug=self.family, title="Clogs", digest="d", definition={}))
            session.flush()
            self.images = [self._paint(session, number) for number in range(images)]

    def _paint(self, session: Any, number: int) -> tuple[str, str]:
        recipe_id = sha256(f"{self.family}/{number}".encode())
        columns = {"variant": {}, "body": {"prompt": "clogs"}, "kind": "generation", "current": True}
        session.add(RecipeRow(id=recipe_id, family=self.family, position=number, **columns))
        session.flush()
        colour = np.frombuffer(bytes.fromhex(recipe_id)[:3], np.uint8)
        pixels = np.broadcast_to(colour, (32, 32, 3))
        return recipe_id, paintings.keep_pixels(session, self.objects, recipe_id, pixels, "test").sha256

    def say(self, number: int, verdict: str = "review", **more: object) -> str:
        """The machine judges an image; gives its recipe id."""
        recipe_id, digest = self.images[number]
        with transaction(self.database) as session:
            catalog.record(session, [judged(recipe_id, digest, verdict, **more)], self.family)
        return recipe_id

    def open(self, queue: str, subject: str) -> TaskRow | None:
        """The subject's task."""
        with transaction(self.database) as session:
            return tasks.of(session, queue, subject)

    def lease(self, person: Person, queue: str = "review", **more: Any) -> TaskRow | None:
        """The next task of this family."""
        asked = {"now": self.clock, "seconds": 600, "families": [self.family], **more}
        with transaction(self.database) as session:
            return tasks.lease(session, queue, person.id, **asked)

    def decide(
        self, person: Person, queue: str, subject: str, decision: str, reason: str, **more: Any
    ) -> Outcome:
        """Take the subject's task, decide, and let the time to undo pass."""
        task = self.open(queue, subject)
        assert task is not None, f"nothing is open in {queue}"
        how = {"wrapping": WRAPPING, **more}
        with transaction(self.database) as session:
            return decisions.at_once(session, self.objects, task.id, person, decision, reason, **how)

    def verdict(self, recipe_id: str) -> tuple[str, str]:
        """The one in force, and whose it is."""
        with transaction(self.database) as session:
            row = catalog.last_verdict(session, recipe_id)
            assert row is not None
            return row.verdict, row.decided_by

    def news(self) -> list[Event]:
        """What the outbox has for the pipeline of this family."""
        with transaction(self.database) as session:
            found = outbox.unhandled(session, limit=1000)
            return [event for event in found if event.family == self.family]


@pytest.fixture
def desk(catalog: Engine, objects: MemoryObjects) -> Desk:
    """Three images."""
    return Desk(catalog, objects, 3)
