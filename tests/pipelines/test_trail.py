"""Sealing, checking and deleting by the clock."""

from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import Engine

from pipelines import trail
from tests.audit.conftest import write
from wetplate.audit.heads import key_of
from wetplate.delivery.checklist.answers import Answer, found
from wetplate.retention import restricted
from wetplate.storage.database import now, transaction
from wetplate.storage.memory import MemoryObjects


def context(database: Engine, objects: MemoryObjects) -> dg.OpExecutionContext:
    return dg.build_op_context(resources={"database": database, "objects": objects})


def asked(database: Engine) -> dg.RunRequest | dg.SkipReason | None:
    resources = {"database": database}
    with dg.build_schedule_context(resources=resources, scheduled_execution_time=now()) as tick:
        said = trail.sealing_schedule(tick)
    assert said is None or isinstance(said, dg.RunRequest | dg.SkipReason)
    return said


def test_the_trail_is_sealed_when_there_is_something_new(database: Engine, objects: MemoryObjects) -> None:
    assert isinstance(asked(database), dg.SkipReason)
    write(database, "a", ["review"])
    assert isinstance(asked(database), dg.RunRequest)
    trail.seal(context(database, objects))
    assert isinstance(asked(database), dg.SkipReason)
    trail.check_trail(context(database, objects))
    objects.delete(key_of(1))
    with pytest.raises(dg.Failure, match="1 findings"):
        trail.check_trail(context(database, objects))


def test_what_is_due_is_deleted(database: Engine, objects: MemoryObjects) -> None:
    objects.put("canonical/a", b"a", content_type="image/png")
    with transaction(database) as session:
        restricted.move(session, objects, "canonical/a", "r1", "redacted", now() - timedelta(days=1))
    trail.sweep_restricted(context(database, objects))
    trail.forget_notices(context(database, objects))
    assert list(objects.list()) == []


@pytest.mark.parametrize(
    ("holds", "passed", "severity"), [(True, True, "WARN"), (None, False, "WARN"), (False, False, "ERROR")]
)
def test_the_checklist_as_a_check(holds: bool | None, passed: bool, severity: str) -> None:
    from assets.checklist import result

    said = result([Answer(number, [found("asked", "a|b", holds)]) for number in range(1, 7)])
    assert (said.passed, said.severity.value) == (passed, severity)
    assert "| 1 | Has every image" in str(said.metadata["answers"].value)
    assert "a\\|b" in str(said.metadata["answers"].value)
