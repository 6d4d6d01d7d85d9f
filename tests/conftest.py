"""What every test may ask for: a real Postgres, a fresh migrated database, a transaction, an object store.

One server runs for the whole session in a folder of its own; each test that asks gets its own copy of a
migrated database. No test sees the caller's WETPLATE_* variables or writes into the checkout's `var/`.
Two processes share the tests (pytest-xdist); each has a server of its own, and one of them runs all of torch.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.orm import Session

from wetplate.settings import Settings, settings
from wetplate.storage import cluster, postgres
from wetplate.storage.cluster import Server
from wetplate.storage.memory import MemoryObjects

TEMPLATE = "template_catalog"
#: Where this machine keeps files in memory: the tests copy a database and sync files some hundreds of times.
IN_MEMORY = Path("/dev/shm")
NUMBERS = count(1)

#: Folders and modules whose tests need torch. It takes seconds to import, so one process runs them all.
TORCH = (
    "families/",
    "generation/test_diffusion.py",
    "moderation/test_transformers_classifier.py",
    "recipes/test_samplers.py",
    "rehydration/test_training.py",
)

#: Marks of tests that run only with `-m <mark>`; CI asks for `slow` and `real_s3`.
ON_DEMAND = ("slow", "real_s3", "exhaustive", "node")

if os.access(IN_MEMORY, os.W_OK | os.X_OK):
    tempfile.tempdir = str(IN_MEMORY)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # two processes already use the cores
hypothesis.settings.register_profile("suite", max_examples=60, deadline=None)
hypothesis.settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is run on demand; keep the tests of torch together (xdist reads the mark)."""
    left = [item for item in items if on_demand(item, config.getoption("-m"))]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix().startswith(TORCH):
            item.add_marker(pytest.mark.xdist_group("torch"))


def on_demand(item: pytest.Item, asked: str) -> bool:
    """Whether the test has a mark that has to be asked for, and nobody did."""
    return any(item.get_closest_marker(mark) and mark not in asked for mark in ON_DEMAND)


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test starts from the defaults, with a `var` folder of its own."""
    for name in [name for name in os.environ if name.startswith("WETPLATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WETPLATE_VAR", str(tmp_path / "var"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A real Postgres without durability, holding a migrated database to copy. pg_ctl stops it at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="wetplate-tests-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        Path(folder).chmod(0o755)
        patch.setenv("WETPLATE_VAR", folder)
        now = settings()
        server = cluster.server(now)
        cluster.start(now, server, careless=True)
        try:
            postgres.create_roles(server)
            postgres.create_database(server, TEMPLATE, "owner")
            postgres.migrate(server, TEMPLATE)
            yield server
        finally:
            cluster.stop(now, server, mode="immediate")
            cluster.remove(server)


@pytest.fixture
def database_name(postgres_server: Server) -> Iterator[str]:
    """A fresh, migrated database, dropped after the test."""
    name = f"test_{next(NUMBERS)}"
    postgres.create_database(postgres_server, name, "owner", TEMPLATE)
    yield name
    with postgres_server.connect() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def database(postgres_server: Server, database_name: str) -> Iterator[Engine]:
    """The fresh database as role app."""
    engine = create_engine(postgres_server.url("app", database_name))
    yield engine
    engine.dispose()


@pytest.fixture
def owner(postgres_server: Server, database_name: str) -> Iterator[Engine]:
    """The fresh database as the role that owns it."""
    engine = create_engine(postgres_server.url("owner", database_name), poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:
    """An open transaction on the fresh database; rolled back unless the test commits."""
    with Session(database, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def objects() -> MemoryObjects:
    """An empty object store."""
    return MemoryObjects()


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A short-named folder that every account may enter (pytest's own are closed to others)."""
    with tempfile.TemporaryDirectory(prefix="wetplate-tests-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def lent_cluster(folder: Path) -> Iterator[Settings]:
    """Settings of an embedded Postgres in this folder; stopped and removed at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WETPLATE_VAR", str(folder / "var"))
        patch.setattr(cluster, "REFUGE", folder / "refuge")
        now = settings()
        yield now
        server = cluster.server(now)
        cluster.stop(now, server, mode="immediate")
        cluster.remove(server)
        shutil.rmtree(server.home.parent, ignore_errors=True)


@pytest.fixture
def own(reachable: Path) -> Iterator[Settings]:
    """Settings of an embedded Postgres that is the test's own."""
    with lent_cluster(reachable) as now:
        yield now


@pytest.fixture(scope="module")
def shared() -> Iterator[Settings]:
    """Settings of an embedded Postgres that the tests of one module share, whatever they do to it."""
    with tempfile.TemporaryDirectory(prefix="wetplate-tests-") as folder:
        Path(folder).chmod(0o755)
        with lent_cluster(Path(folder)) as now:
            yield now
