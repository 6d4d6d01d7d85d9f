"""The code location as Dagster sees it: what is there, tagged, pooled and retried as the house says."""

from pathlib import Path

import dagster as dg
import pytest
import yaml

from assets import partitions
from assets.hardware import GPU_POOL, one_gpu
from pipelines import engines
from pipelines.definitions import STAGES, build
from wetplate.errors import FamilyError
from wetplate.settings import ROOT, settings
from wetplate.storage import postgres
from wetplate.storage.cluster import Server

NAMES = [
    "recipes",
    "paintings",
    "moderation_verdicts",
    "canonical_images",
    "provenance",
    "derivatives",
    "publications",
]


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build(settings())


def test_everything_loads(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_assets_are_the_stages_in_their_order(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    names = [key.to_user_string() for key in graph.toposorted_asset_keys]
    assert names == NAMES
    assert {graph.get(key).partitions_def.name for key in graph.toposorted_asset_keys} == {"family"}


def test_every_check_is_partitioned_and_none_blocks(definitions: dg.Definitions) -> None:
    specs = [spec for checks in definitions.asset_checks or [] for spec in checks.check_specs]
    assert {spec.asset_key.to_user_string() for spec in specs} == set(NAMES)
    assert all(spec.partitions_def is not None and not spec.blocking for spec in specs)


def ops() -> list[dg.OpDefinition]:
    return [node for asset in STAGES for node in asset.node_def.iterate_op_defs()]


def test_the_painting_op_asks_for_one_gpu_in_a_pool_with_retries() -> None:
    gpu = [op for op in ops() if op.tags.get("wetplate/hardware") == "gpu"]
    assert [op.name for op in gpu] == ["paint_batch"]
    assert gpu[0].pool == GPU_POOL
    assert gpu[0].retry_policy is not None


def test_long_runs_end_and_leave_a_place_for_takedowns(definitions: dg.Definitions) -> None:
    for name, lane in (("lifecycle", "family"), ("after_decision", "family"), ("refine", "refine")):
        tags = definitions.resolve_job_def(name).tags
        assert int(tags["dagster/max_runtime"]) > 0
        assert tags["wetplate/lane"] == lane
    configured = yaml.safe_load((ROOT / "dagster.yaml").read_text())["concurrency"]["runs"]
    tagged = configured["tag_concurrency_limits"]
    lanes = {each["value"]: each["limit"] for each in tagged if each["key"] == "wetplate/lane"}
    assert lanes.keys() == {"family", "refine"}
    assert sum(lanes.values()) < configured["max_concurrent_runs"]


def test_the_tags_of_one_gpu_speak_to_kubernetes_and_ray() -> None:
    tags = one_gpu()
    assert tags["dagster-k8s/config"]["container_config"]["resources"]["limits"] == {"nvidia.com/gpu": "1"}
    assert tags["dagster-ray/config"]["num_gpus"] == 1


def test_sensors_and_schedules_run_from_the_first_deploy(definitions: dg.Definitions) -> None:
    sensors = {sensor.name: sensor.default_status.value for sensor in definitions.sensors or []}
    assert set(sensors) == {
        "family_files_changed",
        "review_decided",
        "decisions_due",
        "judgements_stale",
        "moderation_events",
        "notices_decided",
        "leftover_notices",
        "leftover_decisions",
        "leftover_events",
        "transforms_requested",
        "leftover_transforms",
        "purges_overdue",
    }
    schedules = {schedule.name: schedule.default_status.value for schedule in definitions.schedules or []}
    assert set(schedules) == {
        "nightly_backfill",
        "delivery_probe",
        "verify_invariants_schedule",
        "orphan_sweep_schedule",
        "transform_sweep_schedule",
        "retention_schedule",
        "notice_timers_schedule",
        "sealing_schedule",
        "verify_trail_schedule",
        "restricted_sweep_schedule",
    }
    assert set(sensors.values()) | set(schedules.values()) == {"RUNNING"}


def test_a_partition_key_is_a_slug() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for slug in ("", "A", "a b", "../x", "a...b", "x" * 41, "a--b"):
            with pytest.raises(FamilyError):
                partitions.add(instance, slug)
        assert list(instance.get_dynamic_partitions("family")) == []


def test_an_unknown_engine_is_refused_by_name() -> None:
    with pytest.raises(engines.UnknownEngine, match="expected local"):
        engines.executor("teleport")
    with pytest.raises(engines.UnknownEngine, match="install dagster-k8s"):
        engines.executor("k8s")


def test_the_instance_file_works_on_a_real_postgres(
    postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dagster-postgres writes events through psycopg2 only, so an event is written, not just a connection."""
    postgres.create_database(postgres_server, "dagster", "app")
    monkeypatch.setenv("WETPLATE_DAGSTER_URL", postgres_server.url("app", "dagster", "psycopg2"))
    (tmp_path / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())

    @dg.asset
    def speck() -> None: ...

    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert dg.materialize([speck], instance=instance).success
        assert instance.get_latest_materialization_event(dg.AssetKey("speck")) is not None
        assert instance.run_monitoring_enabled
        assert not instance.telemetry_enabled


def test_the_instance_file_holds_the_limits_that_matter() -> None:
    configured = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    assert configured["concurrency"]["pools"] == {"granularity": "op", "default_limit": 1}
    assert configured["run_monitoring"]["free_slots_after_run_end_seconds"] > 0
    assert "run_queue" not in configured
