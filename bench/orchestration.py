"""What Dagster costs an image as a family grows, beside the same life without Dagster.

`python -m bench.orchestration [--most 1024]`. Fake painter (128 px pictures), stand-in detectors, fake
signer; real Postgres, real local store, in-process executor, Dagster's storage in memory. Publication is
reached: the fake painter works under another name. Both columns do the same work in one process.
"""

import argparse
import logging
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import numpy as np

from assets import partitions
from bench.scratch import scratch
from pipelines.definitions import build
from tests.lifecycle.stand_ins import Painter, harmless, write_family
from tests.lifecycle.walk import walk
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.settings import settings
from wetplate.storage.database import engine
from wetplate.storage.local import LocalObjects


def seconds(call: Callable[[], object]) -> float:
    """Wall seconds of a call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def through_dagster(resources: dict[str, object], instance: dg.DagsterInstance, slug: str) -> None:
    """The job `lifecycle` for one family."""
    partitions.add(instance, slug)
    job = build(settings(), **resources).resolve_job_def("lifecycle")
    assert job.execute_in_process(instance=instance, partition_key=slug).success


def main() -> None:
    """Print seconds and milliseconds an image for each size, and how straight the line is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=1024)
    most = parser.parse_args().most
    logging.disable(logging.INFO)
    sizes = [size for size in (64, 128, 256, 512, 1024, 2048) if size <= most]
    took = []
    with scratch() as (server, now), dg.DagsterInstance.ephemeral() as instance:
        database, root = engine(server.url("app")), Path(now.var, "families")
        objects = LocalObjects(now.var / "objects", now.var / "key")
        resources: dict[str, object] = {
            "family_files": root,
            "database": database,
            "objects": objects,
            "painter": Painter(),
            "open_classifiers": harmless,
            "signer": FakeSigner(),
        }
        print("variants   without Dagster   with Dagster   ms an image   ratio")
        for size in sizes:
            plain, ours = f"plain-{size}", f"ours-{size}"
            for slug in (plain, ours):
                write_family(root, slug, [f"colour-{n}" for n in range(size)], images=10_000)
            bare = seconds(lambda slug=plain: walk(database, objects, root, slug))  # type: ignore[misc]
            full = seconds(lambda slug=ours: through_dagster(resources, instance, slug))  # type: ignore[misc]
            took.append(full)
            print(f"{size:8} {bare:14.1f} s {full:12.1f} s {1000 * full / size:11.1f} {full / bare:9.2f} x")
        database.dispose()
    slope, start = np.polyfit(sizes, took, 1)
    straight = np.corrcoef(sizes, took)[0, 1] ** 2
    print(f"line: {start:.1f} s + {1000 * slope:.1f} ms an image, R² = {straight:.4f}")


if __name__ == "__main__":
    main()
