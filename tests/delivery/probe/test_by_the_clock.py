"""The probe by the clock: runs while somebody serves, says so when nobody does, records what it found."""

from datetime import UTC, datetime

import dagster as dg
import pytest
from sqlalchemy import Engine

from assets import partitions
from pipelines import jobs
from pipelines.definitions import build
from pipelines.schedules import delivery_probe, of_family
from tests.delivery.house import House
from wetplate.settings import settings

pytestmark = pytest.mark.xdist_group("origin")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WETPLATE_EDGE_URL", "WETPLATE_ORIGIN_URL"):
        monkeypatch.setenv(name, NOBODY)


@pytest.fixture(scope="module")
def house(origin_house: House) -> dg.Definitions:
    """The code location over the origin's catalog."""
    return build(settings(), database=origin_house.database)


def probed(house: dg.Definitions) -> dg.AssetCheckEvaluation:
    """The job's check of one family."""
    with dg.DagsterInstance.ephemeral() as instance:
        partitions.add(instance, "boots")
        job = house.resolve_job_def("probe_delivery")
        ran = job.execute_in_process(instance=instance, tags=of_family("boots"))
        assert ran.success
        return next(each for each in ran.get_asset_check_evaluations() if each.check_name == "delivered")


def ticked(house: dg.Definitions, database: Engine) -> list[dg.RunRequest | dg.SkipReason]:
    """What a daemon would be told at noon."""
    with dg.DagsterInstance.ephemeral() as instance:
        partitions.add(instance, "boots")
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=NOON,
            resources={"database": database},
            repository_def=house.get_repository_def(),
        )
        told = delivery_probe.evaluate_tick(context)
    return [*(told.run_requests or []), *([dg.SkipReason(told.skip_message)] if told.skip_message else [])]


def test_a_visit_is_recorded_with_its_figures(
    house: dg.Definitions, origin_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WETPLATE_PUBLIC_URL", origin_house.url)
    evaluation = probed(house)
    assert evaluation.passed, evaluation.metadata["findings"].value
    assert evaluation.metadata.keys() >= {"hit_ratio", "hit_p50_ms", "cold_p99_ms", "mean_bytes_avif"}
    assert "no finding" in (evaluation.description or "")
    assert evaluation.partition == "boots"


def test_nobody_there_never_passes(house: dg.Definitions, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation = probed(house)
    assert not evaluation.passed
    assert evaluation.severity is dg.AssetCheckSeverity.WARN
    assert f"NOT CHECKED: nobody answers at {NOBODY}" in (evaluation.description or "")
    monkeypatch.setenv("WETPLATE_PUBLIC_URL", NOBODY)
    assert probed(house).severity is dg.AssetCheckSeverity.ERROR


def test_the_clock_asks_while_somebody_answers(
    house: dg.Definitions, origin_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    [skipped] = ticked(house, origin_house.database)
    assert isinstance(skipped, dg.SkipReason)
    assert f"nobody answers at {NOBODY}" in (skipped.skip_message or "")
    monkeypatch.setenv("WETPLATE_ORIGIN_URL", origin_house.url)
    [asked] = ticked(house, origin_house.database)
    assert isinstance(asked, dg.RunRequest)
    assert asked.tags["dagster/partition"] == "boots"
    assert asked.tags["wetplate/family"] == "boots"
    monkeypatch.setenv("WETPLATE_PUBLIC_URL", NOBODY)
    [asked] = ticked(house, origin_house.database)
    assert isinstance(asked, dg.RunRequest), "a configured address that is dead must be reported, not skipped"


def test_making_pictures_does_not_wait_for_their_delivery(house: dg.Definitions) -> None:
    for name in (jobs.lifecycle.name, jobs.after_decision.name):
        checks = house.resolve_job_def(name).asset_layer.asset_graph.asset_check_keys
        assert "delivered" not in {key.name for key in checks}
        assert {key.name for key in checks} >= {"published_approved_and_withdrawn_unreachable"}
