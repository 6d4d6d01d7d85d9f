"""Whatever people, clock and machine do in whatever order: one decision a round, and never too few people."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.review.desk import ADMIN, BOB, EVE, ZOE, Desk, judged
from wetplate.errors import WetplateError
from wetplate.moderation import catalog, tasks
from wetplate.moderation.tables import TaskRow, VerdictRow
from wetplate.review import appeals, decisions
from wetplate.review.access import Person
from wetplate.review.tables import DecisionRow
from wetplate.storage.chain import broken
from wetplate.storage.memory import MemoryObjects

Step = tuple[str, Person | None, object]
PEOPLE = (BOB, EVE, ZOE, ADMIN)
SAID = {"approve": "looks-right", "reject": "ip/logo", "escalate": "legal", "skip": "unsure"}
STEPS = st.one_of(
    st.tuples(st.just("decide"), st.sampled_from(PEOPLE), st.sampled_from(list(SAID))),
    st.tuples(st.just("decide"), st.sampled_from(PEOPLE), st.sampled_from(["approve", "reject"])),
    st.tuples(st.just("undo"), st.sampled_from(PEOPLE), st.none()),
    st.tuples(st.just("wait"), st.none(), st.sampled_from([1, 11, 700, 4000])),
    st.tuples(st.just("reopen"), st.sampled_from(PEOPLE), st.none()),
    st.tuples(st.just("machine"), st.none(), st.sampled_from(["approve", "review", "reject"])),
)


class Play:
    """One image, some people, a clock of its own; in one transaction that is rolled back."""

    def __init__(self, session: Session, desk: Desk, restricted: bool) -> None:
        self.session, self.desk, self.restricted, self.now = session, desk, restricted, desk.clock
        self.subject, self.bytes = desk.images[0]
        self.policies = 0
        self.machine(None, "review")

    def decide(self, person: Person, decision: str) -> None:
        for task in tasks.about(self.session, self.subject):
            held = tasks.take(self.session, task.id, person.id, now=self.now, seconds=600)
            said = (task.id, held.lease or 0, person, decision, SAID[decision])
            decisions.propose(self.session, *said, undo_seconds=10, now=self.now)

    def undo(self, person: Person, _: None) -> None:
        for task in tasks.held(self.session, person.id, self.now):
            decisions.undo(self.session, task.id, task.lease or 0, person, seconds=600, now=self.now)

    def wait(self, _: None, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        for task_id in decisions.due(self.session, self.now):
            decisions.commit(self.session, self.desk.objects, task_id, self.now)

    def reopen(self, person: Person, _: None) -> None:
        appeals.reconsider(self.session, self.subject, person, "have another look")

    def machine(self, _: None, verdict: str) -> None:
        self.policies += 1
        said = {"policy_sha256": f"{self.policies:064}", "restricted": self.restricted}
        catalog.record(self.session, [judged(self.subject, self.bytes, verdict, **said)], self.desk.family)

    def check(self) -> None:
        rows = decisions.of(self.session, self.subject)
        assert max(Counter((row.queue, row.round) for row in rows).values(), default=1) == 1
        assert not list(broken(rows))
        query = select(VerdictRow).where(VerdictRow.stream == self.subject).order_by(VerdictRow.position)
        verdicts = [row for row in self.session.scalars(query) if row.decided_by != "policy"]
        assert [row.decided_by for row in verdicts] == [f"person:{row.reviewer}" for row in rows]
        in_force = [row.verdict for row in verdicts if row.verdict != "review"]
        assert in_force == [row.decision for row in rows if row.details["effect"] == "in-force"]
        for row in rows:
            self._enough_people(row)
        open_tasks = select(TaskRow).where(TaskRow.subject == self.subject, tasks.OPEN)
        assert all(task.leased_by not in task.excluded for task in self.session.scalars(open_tasks))

    def _enough_people(self, row: DecisionRow) -> None:
        """What needs two people names the first, who is somebody else."""
        first = row.details.get("first")
        if self.restricted and row.decision == "approve" and row.details["effect"] == "in-force":
            assert first is not None
        if first is not None and row.details["effect"] == "in-force":
            assert self.session.get_one(DecisionRow, first).reviewer != row.reviewer


def played(catalog: Engine, restricted: bool, steps: Sequence[Step]) -> None:
    with Session(catalog) as session:
        play = Play(session, Desk(catalog, MemoryObjects(), 1), restricted)
        for name, person, what in steps:
            with suppress(WetplateError), session.begin_nested():
                getattr(play, name)(person, what)
        play.wait(None, 11)
        play.check()


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.booleans(), st.lists(STEPS, min_size=6, max_size=14))
def test_every_sequence_ends_with_one_decision_a_round(
    catalog: Engine, restricted: bool, steps: list[Step]
) -> None:
    played(catalog, restricted, steps)


@pytest.mark.exhaustive
@pytest.mark.timeout(1200)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.booleans(), st.lists(STEPS, min_size=6, max_size=30))
def test_so_do_long_ones(catalog: Engine, restricted: bool, steps: list[Step]) -> None:
    played(catalog, restricted, steps)
