"""Retention of Dagster's own event log. Provenance lives in the catalog, never only here."""

from datetime import datetime

import dagster as dg

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def prune(instance: dg.DagsterInstance, before: datetime, limit: int) -> list[str]:
    """Delete finished runs created before a time, but those an asset's latest materialisation needs."""
    old = instance.get_run_records(
        dg.RunsFilter(statuses=FINISHED, created_before=before), limit=limit, ascending=True
    )
    needed = _holding_latest(instance)
    doomed = [record.dagster_run.run_id for record in old if record.dagster_run.run_id not in needed]
    for run_id in doomed:
        instance.delete_run(run_id)
    return doomed


def _holding_latest(instance: dg.DagsterInstance) -> set[str]:
    """Runs that hold the latest materialisation of some partition of some asset."""
    needed: set[str] = set()
    for key in instance.all_asset_keys():
        latest = instance.event_log_storage.get_latest_storage_id_by_partition(
            key, dg.DagsterEventType.ASSET_MATERIALIZATION
        )
        for storage_id in latest.values():
            needed.update(record.run_id for record in _at(instance, key, storage_id))
    return needed


def _at(instance: dg.DagsterInstance, key: dg.AssetKey, storage_id: int) -> list[dg.EventLogRecord]:
    wanted = dg.AssetRecordsFilter(asset_key=key, storage_ids=[storage_id])
    return list(instance.fetch_materializations(wanted, limit=1).records)
