"""All our numbers as Prometheus wants them: this process's or all workers', the catalog's, the process's own.

Here: putting them together, and the folder that workers share. Not here: what is counted (`wetplate.metrics`,
`catalog`), HTTP (`endpoints`).

Rules:
1. With several workers any one of them answers for all, from the files in the folder they share.
2. What a dead worker counted stays counted; what it *was* (workers alive, queue, age of its news) goes.
3. A catalog that does not answer costs its own numbers, nothing else.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Metric,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from wetplate.delivery.health.catalog import CatalogCollector, up
from wetplate.delivery.health.checks import within
from wetplate.metrics import REGISTRY

MEDIA_TYPE = CONTENT_TYPE_LATEST
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
PATIENCE = 5.0  # half of what Prometheus waits for a scrape


def shared(folder: Path) -> dict[str, str]:
    """An empty folder for a set of workers, and what their environment must say before they start."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()
    return {VARIABLE: str(folder)}


class Exposition:
    """What `/metrics` answers. `folder`: what the workers share, None for a single process."""

    def __init__(self, database: Engine, folder: Path | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, asked by nobody
        self._folder = folder
        self._catalog = _registry(CatalogCollector(database))
        self._process = CollectorRegistry()
        if folder is None:
            ProcessCollector(registry=self._process)

    async def body(self) -> bytes:
        """The text format."""
        try:
            known = await within(PATIENCE, lambda: generate_latest(self._catalog))
        except TimeoutError:
            known = generate_latest(_registry(_Silent()))
        return self._counted() + generate_latest(self._process) + known

    def _counted(self) -> bytes:
        if self._folder is None:
            return generate_latest(REGISTRY)
        _bury(self._folder)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(registry)


class _Silent(Collector):
    """What is told of a catalog that did not answer in time."""

    def collect(self) -> Iterator[Metric]:
        yield up(False)


def _registry(collector: Collector) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(collector)
    return registry


def _bury(folder: Path) -> None:
    """Remove what dead workers *were*."""
    for file in folder.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not _alive(pid):
            mark_process_dead(pid, path=str(folder))  # type: ignore[no-untyped-call]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
