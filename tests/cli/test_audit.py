"""`wetplate audit`, `hold` and `erase`, as an operator types them."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from tests.audit.conftest import write
from wetplate.cli import audit, erase, hold
from wetplate.errors import AuditBroken, RetentionError
from wetplate.retention import personal
from wetplate.review import accesses
from wetplate.settings import reviewing, settings
from wetplate.storage.cluster import Server
from wetplate.storage.database import transaction
from wetplate.storage.stores import open_objects


@pytest.fixture(autouse=True)
def catalog(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("WETPLATE_REVIEWER", "p-1")
    return database


def run(command: click.Command, *words: str) -> Result:
    return CliRunner().invoke(command, words)


def test_from_sealing_to_an_export_that_proves_itself(catalog: Engine, tmp_path: Path) -> None:
    assert "newest none so far" in run(audit.command, "verify").stdout
    refused = run(audit.command, "export", str(tmp_path / "early"))
    assert isinstance(refused.exception, AuditBroken)
    write(catalog, "a", ["review", "approve"])
    assert "3 rows sealed; the head is over 3" in run(audit.command, "seal").stdout
    write(catalog, "b", ["review"])
    done = run(audit.command, "verify")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "whole")
    assert "1 rows are younger than it" in done.stdout
    assert "3 rows in" in run(audit.command, "export", str(tmp_path / "trail")).stdout
    with transaction(catalog) as session:
        seen = [(row.actor, row.what, row.why) for row in accesses.of(session, "audit")]
    assert ("person:p-1", "export", "wetplate audit export") in seen
    command = [sys.executable, "-I", "-S", tmp_path / "trail" / "verify.py"]
    assert subprocess.run(command, capture_output=True, check=True).stdout.endswith(b"whole\n")


def test_what_is_broken_is_named(
    catalog: Engine, postgres_server: Server, database_name: str, tmp_path: Path
) -> None:
    write(catalog, "a", ["review", "approve"])
    run(audit.command, "seal")
    kept = tmp_path / "kept.jws"
    kept.write_bytes(open_objects(settings().objects_url, settings()).get("audit/heads/000000000002.jws"))
    with postgres_server.connect(database_name) as connection:
        connection.execute("ALTER TABLE verdicts DISABLE TRIGGER append_only")
        connection.execute("DELETE FROM verdicts WHERE position = 1")
        connection.execute("ALTER TABLE verdicts ENABLE ALWAYS TRIGGER append_only")
    done = run(audit.command, "verify", "--head", str(kept))
    assert done.exit_code == 1
    assert done.stdout.startswith("verdicts stream a row 2: was sealed and is gone\n")
    assert done.stdout.endswith("BROKEN: 1 findings\n")
    told = json.loads(run(audit.command, "verify", "--json").stdout)
    (finding,) = told["findings"]
    assert (finding["table"], finding["stream"], finding["row"], told["size"]) == ("verdicts", "a", "2", 2)


def test_a_hold_keeps_personal_data_from_being_erased(catalog: Engine) -> None:
    wrapping = personal.wrapping(reviewing(), settings().var)
    with transaction(catalog) as session:
        personal.keep(session, wrapping, "notice:n1", {"email": "a@example.org"})
    assert run(hold.command, "place", "notice:n1", "--reason", "case 1").exit_code == 0
    assert "notice:n1: case 1, by person:p-1" in run(hold.command, "list").stdout
    refused = run(erase.command, "notice:n1", "--reason", "request 7")
    assert isinstance(refused.exception, RetentionError)
    assert "held no more" in run(hold.command, "lift", "notice:n1", "--reason", "case 1").stdout
    assert "1 fields are erased" in run(erase.command, "notice:n1", "--reason", "request 7").stdout
    assert "was erased before" in run(erase.command, "notice:n1", "--reason", "request 7").stdout
    assert isinstance(run(erase.command, "nobody", "--reason", "x").exception, RetentionError)


def test_a_hold_may_end_by_itself(catalog: Engine) -> None:
    done = run(hold.command, "place", "r1", "--reason", "case 1", "--until", "2099-01-01")
    assert "until 2099-01-01 00:00" in done.stdout
    run(hold.command, "place", "r1", "--reason", "case 2")
    assert "still held for case 1" in run(hold.command, "lift", "r1", "--reason", "case 2").stdout
