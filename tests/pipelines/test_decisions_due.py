"""A console that died: what was decided in it counts all the same, once, and the family goes on."""

import dagster as dg

from pipelines import sensors
from tests.pipelines.conftest import House
from tests.pipelines.test_sensors import keys, tick
from tests.review.desk import ADA, Desk
from wetplate.review import decisions
from wetplate.storage.database import transaction


def test_a_decision_counts_also_without_the_console(house: House) -> None:
    desk = Desk(house.database, house.objects, 1)
    recipe_id = desk.say(0)
    task = desk.lease(ADA)
    assert task is not None
    said = (task.id, task.lease or 0, ADA, "approve", "looks-right")
    with transaction(house.database) as session:
        decisions.propose(session, *said, undo_seconds=0)
    first, again = tick(house, sensors.decisions_due), tick(house, sensors.decisions_due)
    assert isinstance(first, dg.SkipReason)
    assert (first.skip_message, again.skip_message) == ("1 decisions were due", "0 decisions were due")
    assert desk.verdict(recipe_id) == ("approve", f"person:{ADA.id}")
    result = tick(house, sensors.review_decided)
    assert keys(result) == [f"review-{result.cursor}"]
    assert result.run_requests[0].partition_key == desk.family
