"""The code location on stand-ins for the outside: real Postgres, real Dagster runs in this process."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Engine

from assets import partitions
from pipelines.definitions import build
from tests.lifecycle.stand_ins import Painter, harmless, write_family
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.publication.progress import Progress, progress
from wetplate.settings import settings
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects


@dataclass
class House:
    """A Dagster instance, a catalog, a store, and a folder of families."""

    instance: dg.DagsterInstance
    database: Engine
    objects: MemoryObjects
    families: Path
    outside: dict[str, Any] = field(default_factory=dict)

    def resources(self) -> dict[str, Any]:
        return {
            "family_files": self.families,
            "database": self.database,
            "objects": self.objects,
            "painter": Painter(),
            "open_classifiers": harmless,
            "signer": FakeSigner(),
            "purgers": (),
            **self.outside,
        }

    def definitions(self) -> dg.Definitions:
        return build(settings(), **self.resources())

    def family(self, slug: str, *laces: str, **said: Any) -> None:
        write_family(self.families, slug, laces or ("white", "black"), **said)
        partitions.add(self.instance, slug)

    def run(
        self, job: str, slug: str | None = None, select: list[str] | None = None, **more: Any
    ) -> dg.ExecuteInProcessResult:
        resolved = self.definitions().resolve_job_def(job)
        chosen = [dg.AssetKey(name) for name in select] if select else None
        return resolved.execute_in_process(
            instance=self.instance, partition_key=slug, asset_selection=chosen, raise_on_error=False, **more
        )

    def standing(self, slug: str) -> Progress:
        with transaction(self.database) as session:
            return progress(session, [slug])[0]


@pytest.fixture
def house(database: Engine, objects: MemoryObjects, tmp_path: Path) -> Iterator[House]:
    """An empty house."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield House(instance, database, objects, tmp_path / "families")
