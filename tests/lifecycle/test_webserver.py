"""A real webserver, daemon, Postgres and diffusers pipeline, driven through GraphQL as the UI does.

A family file appears; the sensor registers it, adds its partition and launches its life; a person decides on
what waits; another sensor lets the family go on. Nothing here is a stand-in but the size of the family.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from wetplate.cli.env import dagster_home
from wetplate.publication.progress import progress
from wetplate.settings import ROOT
from wetplate.storage import postgres
from wetplate.storage.cluster import Server
from wetplate.storage.database import engine, transaction

WHERE = {"repositoryName": "__repository__", "repositoryLocationName": "wetplate"}


class Ui:
    """What the UI can do: queries and mutations over HTTP."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/graphql"

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            told: dict[str, Any] = json.load(answer)
        assert "errors" not in told, told
        data: dict[str, Any] = told["data"]
        return data

    def up(self) -> bool:
        try:
            return bool(self.ask("{ version }"))
        except (urllib.error.URLError, ConnectionError):
            return False

    def runs(self) -> list[dict[str, Any]]:
        query = "{ runsOrError { ... on Runs { results { runId status jobName } } } }"
        found: list[dict[str, Any]] = self.ask(query)["runsOrError"]["results"]
        return found

    def add_partition(self, key: str) -> str:
        query = """mutation ($key: String!, $where: RepositorySelector!) {
            addDynamicPartition(partitionKey: $key, partitionsDefName: "family", repositorySelector: $where) {
                __typename } }"""
        told: str = self.ask(query, key=key, where=WHERE)["addDynamicPartition"]["__typename"]
        return told

    def launch(self, job: str, family: str) -> str:
        query = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
            __typename ... on LaunchRunSuccess { run { runId } } } }"""
        tags = [{"key": "dagster/partition", "value": family}]
        params = {
            "selector": WHERE | {"jobName": job},
            "executionMetadata": {"tags": tags},
            "mode": "default",
        }
        told = self.ask(query, params=params)["launchRun"]
        assert told["__typename"] == "LaunchRunSuccess", told
        run_id: str = told["run"]["runId"]
        return run_id

    def partitions(self, asset: str) -> set[str]:
        query = """query ($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset {
            assetMaterializations(limit: 5) { partition metadataEntries { label } } } } }"""
        found = self.ask(query, key={"path": [asset]})["assetOrError"].get("assetMaterializations", [])
        return {event["partition"] for event in found}


def ended(ui: Ui) -> set[tuple[str, str]]:
    return {(run["runId"], run["status"]) for run in ui.runs()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(said: str, holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.5)
    pytest.fail(f"not within {seconds:.0f} s: {said}")


def two_shoes(root: Path) -> None:
    """The sample family, cut down to two variants: same model, same policy, same profile."""
    folder = root / "rumba"
    folder.mkdir(parents=True)
    text = (ROOT / "families" / "rumba" / "family.toml").read_text()
    lines = []
    for line in text.splitlines():
        short = {
            "lace =": 'lace = ["red", "blue"]',
            "sole =": 'sole = ["gum"]',
            "lacing =": 'lacing = ["bar"]',
        }
        lines.append(next((new for old, new in short.items() if line.startswith(old)), line))
    (folder / "family.toml").write_text("\n".join(lines))


@pytest.fixture
def environment(postgres_server: Server, database_name: str, tmp_path: Path) -> dict[str, str]:
    dagster_database = f"{database_name}_dagster"
    postgres.create_database(postgres_server, dagster_database, "app")
    return os.environ | {
        "DAGSTER_HOME": str(dagster_home(tmp_path / "dagster")),
        "WETPLATE_DAGSTER_URL": postgres_server.url("app", dagster_database, "psycopg2"),
        "WETPLATE_DATABASE_URL": postgres_server.url("app", database_name),
        "WETPLATE_FAMILIES": str(tmp_path / "families"),
        "WETPLATE_VAR": str(tmp_path / "var"),
        "WETPLATE_EXECUTOR": "in-process",
        "OMP_NUM_THREADS": "1",
    }


@pytest.fixture
def ui(environment: dict[str, str], tmp_path: Path) -> Iterator[Ui]:
    """Webserver and daemon, stopped at the end."""
    here, port = Path(sys.executable).parent, free_port()
    workspace = ["-w", str(ROOT / "workspace.yaml")]
    lines = [
        [here / "dagster-webserver", "-h", "127.0.0.1", "-p", str(port), *workspace],
        [here / "dagster-daemon", "run", *workspace],
    ]
    with (tmp_path / "servers.log").open("w") as log:
        started = [
            subprocess.Popen(line, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
            for line in lines
        ]
        try:
            opened = Ui(port)
            until("the webserver answers", opened.up, 60)
            yield opened
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(timeout=30)
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # a code server that outlived its parent


@pytest.mark.timeout(240)
@pytest.mark.xdist_group("torch")
@pytest.mark.slow
def test_from_a_file_in_a_folder_to_the_public(ui: Ui, environment: dict[str, str], tmp_path: Path) -> None:
    database = engine(environment["WETPLATE_DATABASE_URL"])

    def standing() -> Any:
        with transaction(database) as session:
            rows = progress(session, ["rumba"])
        return rows[0] if rows else None

    def decided() -> bool:
        failed = [run for run in ui.runs() if run["status"] == "FAILURE"]
        assert not failed, (tmp_path / "servers.log").read_text()[-4000:]
        now = standing()
        return now is not None and now.approved + now.review == now.variants == 2

    two_shoes(tmp_path / "families")
    until("both shoes are painted and judged", decided, 120)
    until("the run ends", lambda: all(run["status"] == "SUCCESS" for run in ui.runs()), 60)
    for asset in ("recipes", "paintings", "moderation_verdicts", "publications"):
        assert ui.partitions(asset) == {"rumba"}

    waiting = standing().review
    line = [str(Path(sys.executable).parent / "wetplate"), "review", "list", "--json"]
    listed = json.loads(subprocess.run(line, env=environment, capture_output=True, check=True).stdout)
    assert len(listed) == waiting
    for image in listed:
        approve = [line[0], "review", "approve", image["recipe_id"], "--reason", "looks-right"]
        subprocess.run(approve, env=environment, check=True, capture_output=True)
    until("both shoes are published", lambda: standing().published == 2, 90)

    assert ui.add_partition("rumba") == "DuplicateDynamicPartitionError"
    assert ui.add_partition("tango") == "AddDynamicPartitionSuccess"
    again = ui.launch("lifecycle", "rumba")
    until("a run launched by hand ends well", lambda: (again, "SUCCESS") in ended(ui), 60)
    database.dispose()
