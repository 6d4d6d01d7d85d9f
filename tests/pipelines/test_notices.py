"""Dagster and notices: a decision is carried out without a hand, as often as it is asked for; timers ring."""

from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from pipelines import sensors
from tests.pipelines.conftest import House
from tests.pipelines.test_sensors import keys, tick
from tests.publication import images
from wetplate.publication.notices import catalog, decisions, locate
from wetplate.publication.notices.steps import Outcome
from wetplate.retention.personal import Wrapping
from wetplate.storage.database import now, transaction

WRAPPING = Wrapping((b"k" * 32,))
COUNTER: dict[str, object] = {"name": "A", "address": "B", "telephone": "1", "signature": "A",
                              "mistake": True, "jurisdiction": True}  # fmt: skip


@pytest.fixture
def notice(house: House) -> str:
    """Decided, and not carried out."""
    with transaction(house.database) as session:
        image = images.published(session, house.objects)
        filed = catalog.file(
            session, WRAPPING, kind="dmca", said={"reason": "x"}, where=locate.pointed([image]),
            actor="stranger", channel="api",
        )  # fmt: skip
        decisions.decide(session, filed.notice.id, Outcome.UPHELD, "person:first", "copyright")
        return filed.notice.id


def standing(house: House, notice: str) -> tuple[str, list[str]]:
    with transaction(house.database) as session:
        return catalog.find(session, notice).state, list(
            session.scalars(text("SELECT state FROM publications"))
        )


def test_a_decision_reaches_everywhere_and_doing_it_twice_changes_nothing(house: House, notice: str) -> None:
    result = tick(house, sensors.notices_decided)
    assert keys(result) == [f"notice-{result.cursor}"]
    config: Any = result.run_requests[0].run_config
    for _ in range(2):
        assert house.run("carry_out_notice", run_config=config).success
        assert standing(house, notice) == ("notified", ["withdrawn"])
    assert isinstance(tick(house, sensors.leftover_notices), dg.SkipReason)


def test_a_counter_notice_that_nobody_answers_brings_the_image_back(
    house: House, notice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = tick(house, sensors.notices_decided)
    assert house.run("carry_out_notice", run_config=result.run_requests[0].run_config).success
    with transaction(house.database) as session:
        decisions.counter(session, WRAPPING, notice, COUNTER, "operator")
    assert house.run("notice_timers").success
    assert standing(house, notice) == ("countered", ["withdrawn"])
    with transaction(house.database) as session:
        catalog.locked(session, notice).due_at = now()
    assert house.run("notice_timers").success
    assert standing(house, notice) == ("reinstated", ["draft"])
