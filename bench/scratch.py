"""A Postgres and a folder for one benchmark, gone afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from wetplate.settings import Settings, settings
from wetplate.storage import postgres
from wetplate.storage.cluster import Server


@contextmanager
def scratch() -> Iterator[tuple[Server, Settings]]:
    """A running, migrated embedded Postgres of its own and the settings that lead to it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        now = replace(settings(), var=Path(folder), database_url=None, owner_url=None)
        server = postgres.up(now)
        try:
            yield server, now
        finally:
            postgres.reset(now)
