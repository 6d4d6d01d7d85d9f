"""SIGKILL in the middle of admitting and of deriving; run again: the same end state."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests.canonical.paintings import judged, painted
from tests.derivatives.images import image
from wetplate.canonical.admission import admit, unadmitted
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives import catalog
from wetplate.derivatives.derive import derive, underived
from wetplate.derivatives.profiles import load
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.storage.database import transaction
from wetplate.storage.local import LocalObjects
from wetplate.storage.objects import sha256

SOCIAL = load("social-feed")

DOOMED = """
import os, signal, sys
from pathlib import Path
from wetplate.canonical.admission import admit, unadmitted
from wetplate.derivatives.derive import derive
from wetplate.derivatives.profiles import load
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.storage.database import engine, transaction
from wetplate.storage.local import LocalObjects

verb, url, folder, puts, canonical_id = sys.argv[1:]

class Doomed(LocalObjects):
    left = int(puts)
    def put(self, key, body, *, content_type):
        head = super().put(key, body, content_type=content_type)
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        return head

objects = Doomed(Path(folder), Path(folder).parent / "secret")
with transaction(engine(url)) as session:
    if verb == "admit":
        for judged in unadmitted(session, "boots"):
            admit(session, objects, judged)
    else:
        derive(session, objects, FakeSigner(), canonical_id, load("social-feed"))
"""


@pytest.fixture
def store(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path / "objects", tmp_path / "secret")


def killed(verb: str, database: Engine, folder: Path, puts: int, canonical_id: str = "-") -> None:
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", DOOMED, verb, url, str(folder), str(puts), canonical_id]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": "."}
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_admitting(database: Engine, store: LocalObjects, tmp_path: Path) -> None:
    with transaction(database) as session:
        for number in range(3):
            judged(session, painted(session, store, number))
    killed("admit", database, tmp_path / "objects", 2)
    assert len(list(store.list("canonical/"))) == 2
    for _ in range(2):
        with transaction(database) as session:
            for waiting in unadmitted(session, "boots"):
                admit(session, store, waiting)
    with Session(database) as session:
        rows = session.scalars(select(CanonicalRow)).all()
        assert sorted(row.key for row in rows) == [head.key for head in store.list("canonical/")]
        assert all(sha256(store.get(row.key)) == row.id for row in rows)
        assert len(rows) == 3


def test_deriving(database: Engine, store: LocalObjects, tmp_path: Path) -> None:
    with transaction(database) as session:
        row = image(session, store)
    killed("derive", database, tmp_path / "objects", 4, row.id)
    with transaction(database) as session:
        assert underived(session, "boots", SOCIAL) == [row.id]
        made = derive(session, store, FakeSigner(), row.id, SOCIAL)
    with transaction(database) as session:
        assert underived(session, "boots", SOCIAL) == []
        assert [each.id for each in derive(session, store, FakeSigner(), row.id, SOCIAL)] == [
            e.id for e in made
        ]
        assert session.scalar(select(func.count()).select_from(CanonicalRow)) == 1
    assert {head.key for head in store.list("derivatives/")} == set(catalog.keys(made))
