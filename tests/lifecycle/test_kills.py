"""Killed with SIGKILL at every stage, for real; run again: same end state, every invariant holds."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.lifecycle.stand_ins import write_family
from tests.lifecycle.walk import approve_all
from wetplate.publication.progress import progress
from wetplate.publication.verify import NAMES, verify
from wetplate.settings import ROOT
from wetplate.storage.cluster import Server
from wetplate.storage.database import transaction
from wetplate.storage.local import LocalObjects

# Just after an object was put and before its row, and just after the commits of each stage.
POINTS = {
    "painting": [("put:paintings/", 1), ("put:paintings/", 2), ("commit", 3)],
    "admitting": [("put:canonical/", 1), ("put:canonical/", 2), ("commit", 3)],
    "deriving": [("put:derivatives/", 2), ("put:derivatives/", 5), ("commit", 4)],
    "publishing": [("commit", 5), ("commit", 6)],
}


def go(arguments: list[str]) -> int:
    line = [sys.executable, "-W", "error", "-m", "tests.lifecycle.walk", *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, timeout=60, check=False).returncode


OFTEN = "admitting"  # the others when CI asks for what is slow


@pytest.mark.parametrize(
    "stage", [pytest.param(stage, marks=[] if stage == OFTEN else pytest.mark.slow) for stage in POINTS]
)
def test_killed_and_run_again(
    stage: str, postgres_server: Server, database: Engine, database_name: str, tmp_path: Path
) -> None:
    write_family(tmp_path / "families", "boots", ["white", "black"])
    store = tmp_path / "objects"
    arguments = [postgres_server.url("app", database_name), str(store), str(tmp_path / "families"), "boots"]
    kills = [go([*arguments, point, str(number)]) for point, number in POINTS[stage]]
    assert -9 in kills, "no kill point was reached"
    assert set(kills) <= {-9, 0}
    assert go(arguments) == 0
    approve_all(database, "boots")
    assert go(arguments) == 0
    objects = LocalObjects(store, tmp_path / "objects.key")
    with transaction(database) as session:
        now = progress(session, ["boots"])[0]
        found = verify(session, objects, rules=[rule for rule in NAMES if rule != "outbox_drained"])
    assert (now.painted, now.approved, now.recorded, now.published) == (2, 2, 2, 2)
    assert found == []
