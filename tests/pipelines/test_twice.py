"""Two daemons over one catalog, which know nothing of each other: every event is delivered to both.

Each sensor is evaluated by both with the same cursor, and each job runs in both, at the same moment. What one
daemon alone leaves behind is there once: no row twice, no move twice, nothing lost. Which of two runs did
what is left to chance; a run that came second may say so and fail, and is run again.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Engine, func, select

from pipelines import sensors
from tests.faults.rooms import count, topics
from tests.faults.strangers import stranger
from tests.lifecycle.stand_ins import doubtful
from tests.pipelines.conftest import House
from tests.pipelines.test_sensors import keys, tick
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow
from wetplate.generation.tables import PaintingRow
from wetplate.moderation import tasks
from wetplate.moderation.tables import VerdictRow
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication import moves
from wetplate.publication.notices import catalog, decisions, locate
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.publication.verify import verify
from wetplate.retention.personal import Wrapping
from wetplate.review import decisions as people
from wetplate.review.access import Person, Role
from wetplate.review.tables import DecisionRow
from wetplate.storage.database import clock, transaction
from wetplate.storage.memory import MemoryObjects

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ADA = Person("r-0000ada0", Role.REVIEWER, "")
ONCE = (PaintingRow, CanonicalRow, ProvenanceRow, PublicationRow)


class Daemons:
    """Two of them; they share what the world shares."""

    def __init__(self, houses: tuple[House, House]) -> None:
        self.houses, self.one = houses, houses[0]
        self.database = self.one.database

    def tick(self, sensor: Any) -> list[dg.RunRequest]:
        """Both evaluate; both must ask for the same."""
        with ThreadPoolExecutor(2) as pool:
            told = list(pool.map(lambda house: tick(house, sensor), self.houses))
        if isinstance(told[0], dg.SkipReason):
            assert isinstance(told[1], dg.SkipReason)
            return []
        assert keys(told[0]) == keys(told[1])
        assert told[0].cursor == told[1].cursor
        return list(told[0].run_requests)

    def run(self, job: str, slug: str | None = None, **more: Any) -> None:
        """Both run it at once; then once more, as the one that failed is run again."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda house: house.run(job, slug, **more), self.houses))
        assert self.one.run(job, slug, **more).success

    def deliver(self, sensor: Any, job: str) -> int:
        """What the sensor asks for, run by both; how many requests that was."""
        asked = self.tick(sensor)
        for request in asked:
            more = {"run_config": request.run_config} if request.run_config else {}
            self.run(job, request.partition_key, **more)
        return len(asked)


@pytest.fixture
def daemons(database: Engine, objects: MemoryObjects, tmp_path: Path) -> Iterator[Daemons]:
    with dg.DagsterInstance.ephemeral() as one, dg.DagsterInstance.ephemeral() as other:
        outside = {"open_classifiers": doubtful}
        made = [
            House(instance, database, objects, tmp_path / "families", dict(outside))
            for instance in (one, other)
        ]
        for house in made:
            house.family("boots", "white", "black", "red")
        yield Daemons((made[0], made[1]))


def approve(daemons: Daemons) -> None:
    """A person approves everything, and the console dies before it counts."""
    with transaction(daemons.database) as session:
        moment = clock(session)
        while task := tasks.lease(session, tasks.REVIEW, ADA.id, now=moment, seconds=60):
            said = (task.id, task.lease or 0, ADA, "approve", "looks-right")
            people.propose(session, *said, undo_seconds=0, now=moment)


def complain(daemons: Daemons, image: str) -> str:
    where, said = locate.pointed([image]), {"reason": "mine"}
    how: dict[str, Any] = {
        "kind": "other",
        "said": said,
        "where": where,
        "actor": "stranger",
        "channel": "api",
    }
    with transaction(daemons.database) as session:
        notice = catalog.file(session, Wrapping((b"k" * 32,)), **how).notice.id
        decisions.decide(session, notice, "upheld", "person:first", "copyright")
        return notice


def test_every_event_is_delivered_to_both(daemons: Daemons) -> None:
    database, objects = daemons.database, daemons.one.objects
    assert daemons.deliver(sensors.family_files_changed, "lifecycle") == 1
    approve(daemons)
    assert daemons.tick(sensors.decisions_due) == []
    assert daemons.deliver(sensors.review_decided, "after_decision") == 1
    assert daemons.one.standing("boots").published == 3
    with transaction(database) as session:
        first, second, third = session.scalars(select(CanonicalRow.id).order_by(CanonicalRow.id))
        moves.take_down(session, first, "test", "privacy")
    assert daemons.deliver(sensors.moderation_events, "carry_out") == 1
    notice = complain(daemons, second)
    assert daemons.deliver(sensors.notices_decided, "carry_out_notice") == 1
    daemons.run("notice_timers")
    daemons.run("seal_trail")
    with stranger(database, objects) as outside:
        assert outside.nothing_leaks() > 0
    with transaction(database) as session:
        assert [count(session, table) for table in ONCE] == [3, 3, 3, 3]
        assert count(session, DecisionRow) == 3
        assert session.scalar(select(func.count(VerdictRow.id)).where(VerdictRow.verdict == "approve")) == 3
        files = select(func.count(DerivativeRow.id)).group_by(DerivativeRow.canonical_id)
        assert len(set(session.scalars(files))) == 1
        assert sorted(session.scalars(select(MoveRow.move))) == [
            *("publish",) * 3, "take_down", "take_down", "unpublish",
        ]  # fmt: skip
        assert [event.event for event in catalog.events(session, notice)].count("execute") == 1
        assert catalog.find(session, notice).state == "notified"
        assert topics(session).count("review.decided") == 3
        assert session.get_one(PublicationRow, third).state == "published"
        assert verify(session, objects, grace=timedelta(0)) == []
