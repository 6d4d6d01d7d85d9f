"""The embedded Postgres starts once, survives what machines do to it, and never harms another process."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from wetplate.errors import DatabaseUnavailable
from wetplate.settings import Settings, settings
from wetplate.storage import binaries, cluster
from wetplate.storage.cluster import Server

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root acts as somebody else")


pytestmark = pytest.mark.slow


def started(own: Settings) -> Server:
    server = cluster.server(own)
    cluster.start(own, server, careless=True)
    return server


def postmaster(server: Server) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def asked(server: Server, query: str) -> object:
    with server.connect() as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


@pytest.fixture
def innocent(shared: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the very user who runs Postgres, which is none."""
    who = binaries.account(shared)
    process = subprocess.Popen(["sleep", "60"], user=who.uid if who.switched else None, cwd="/")
    yield process
    process.kill()
    process.wait()


def test_it_starts_once_and_stops(shared: Settings) -> None:
    server = started(shared)
    first = postmaster(server)
    cluster.start(shared, server)
    assert postmaster(server) == first
    assert cluster.alive(server)
    cluster.stop(shared, server)
    cluster.stop(shared, server)
    assert not cluster.alive(server)


def test_it_is_private_and_checks_its_pages(shared: Settings) -> None:
    server = started(shared)
    assert asked(server, "SHOW listen_addresses") == ""
    assert asked(server, "SHOW data_checksums") == "on"
    for folder in (server.home, server.data, server.socket):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == server.account.uid


def test_it_keeps_fsync_unless_told_to_be_careless(shared: Settings) -> None:
    cluster.stop(shared, cluster.server(shared))
    server = started(shared)
    assert asked(server, "SHOW fsync") == "off"
    cluster.stop(shared, server)
    cluster.start(shared, server)
    assert asked(server, "SHOW fsync") == "on"


def test_rows_survive_a_kill_of_the_postmaster(shared: Settings) -> None:
    server = started(shared)
    cluster.stop(shared, server)
    cluster.start(shared, server)
    with server.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(postmaster(server), signal.SIGKILL)
    cluster.start(shared, server)
    assert asked(server, "SELECT answer FROM kept") == 42


def test_a_stale_pid_file_that_names_an_innocent_process(
    shared: Settings, innocent: subprocess.Popen[bytes]
) -> None:
    server = started(shared)
    file = server.data / "postmaster.pid"
    lines = file.read_text().splitlines()
    cluster.stop(shared, server, mode="immediate")
    file.write_text("\n".join([str(innocent.pid), *lines[1:]]) + "\n")
    assert not cluster.alive(server)
    cluster.stop(shared, server)
    assert innocent.poll() is None
    cluster.start(shared, server, careless=True)
    assert cluster.alive(server)
    assert postmaster(server) != innocent.pid
    assert innocent.poll() is None


def test_a_start_that_was_killed_in_initdb_is_repeated(own: Settings) -> None:
    server = cluster.server(own)
    server.account.own(server.home)
    server.account.own(server.home / "data.new")
    (server.home / "data.new" / "PG_VERSION").write_text("18\n")
    cluster.start(own, server, careless=True)
    assert cluster.alive(server)
    assert not (server.home / "data.new").exists()


START = """
from wetplate.settings import settings
from wetplate.storage import cluster
now = settings()
cluster.start(now, cluster.server(now), careless=True)
"""


def test_several_processes_may_start_it_at_once(own: Settings) -> None:
    racers = [subprocess.Popen([sys.executable, "-c", START]) for _ in range(3)]
    assert [racer.wait() for racer in racers] == [0, 0, 0]
    server = cluster.server(own)
    assert asked(server, "SELECT 1") == 1
    assert (server.log).read_text().count("ready to accept connections") == 1


def test_it_outlives_the_process_that_started_it_and_its_terminal(
    shared: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.stop(shared, cluster.server(shared))
    monkeypatch.setenv("WETPLATE_VAR", str(shared.var))
    starter = subprocess.Popen(
        [sys.executable, "-c", START + "import time; print(1, flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert starter.stdout is not None
    starter.stdout.readline()
    os.killpg(starter.pid, signal.SIGINT)
    starter.wait()
    starter.stdout.close()
    time.sleep(0.1)
    assert cluster.alive(cluster.server(shared))


def test_a_server_that_is_going_down_is_waited_for(shared: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    server = started(shared)
    monkeypatch.setenv("WETPLATE_VAR", str(shared.var))
    with server.connect() as busy:
        os.kill(postmaster(server), signal.SIGTERM)  # a "smart" stop: waits until the last client has left
        time.sleep(0.2)
        racer = subprocess.Popen([sys.executable, "-c", START])
        time.sleep(0.5)
        assert racer.poll() is None
        busy.close()
    assert racer.wait() == 0
    assert cluster.alive(server)


def test_a_path_too_long_for_a_socket(own: Settings, reachable: Path) -> None:
    deep = replace(own, var=reachable / ("long" * 20) / "var")
    server = started(deep)
    try:
        assert server.socket.parent == Path("/tmp")
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        assert cluster.server(deep) == server
    finally:
        cluster.stop(deep, server)
        cluster.remove(server)
    assert not server.socket.exists()


def test_a_path_with_blanks_and_quotes(own: Settings, reachable: Path) -> None:
    odd = replace(own, var=reachable / 'it\'s a % "test"')
    server = started(odd)
    try:
        assert cluster.alive(server)
        url = server.url("postgres", "postgres").replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        cluster.stop(odd, server)


@needs_root
def test_a_checkout_that_the_account_cannot_reach(own: Settings, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    hidden = replace(own, var=tmp_path / "var")
    server = started(hidden)
    try:
        assert server.home.parent == cluster.REFUGE
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
        assert cluster.server(hidden) == server
        assert cluster.server(replace(own, var=tmp_path / "other")).home != server.home
    finally:
        cluster.stop(hidden, server)


def test_a_socket_folder_that_somebody_else_made(own: Settings) -> None:
    server = cluster.server(own)
    server.account.own(server.home)
    server.socket.mkdir()
    server.socket.chmod(0o777)
    with pytest.raises(DatabaseUnavailable, match="with mode 0700, and it is not"):
        cluster.start(own, server)


def test_a_link_in_place_of_the_home(own: Settings, reachable: Path) -> None:
    server = cluster.server(own)
    (reachable / "elsewhere").mkdir(mode=0o700)
    server.home.symlink_to(reachable / "elsewhere")
    with pytest.raises(DatabaseUnavailable, match="must be a folder of user"):
        cluster.start(own, server)


def test_a_server_that_cannot_start_says_why(shared: Settings) -> None:
    server = started(shared)
    cluster.stop(shared, server)
    configuration = server.data / "postgresql.conf"
    sound = configuration.read_text()
    configuration.write_text("shared_buffers = 'plenty'\n")
    try:
        with pytest.raises(DatabaseUnavailable, match=r"does not start.*shared_buffers"):
            cluster.start(shared, server)
    finally:
        configuration.write_text(sound)


def test_urls_carry_role_database_and_driver(own: Settings) -> None:
    url = cluster.server(own).url("app", "dagster", "psycopg2")
    assert url.startswith("postgresql+psycopg2://app@/dagster?host=")


def test_data_of_another_version_is_left_alone(own: Settings) -> None:
    server = cluster.server(own)
    server.account.own(server.home)
    server.account.own(server.data)
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseUnavailable, match="no Postgres 9 that user"):
        cluster.start(own, server)
    assert (server.data / "PG_VERSION").read_text() == "9\n"


def test_nothing_is_made_by_asking(own: Settings) -> None:
    server = cluster.server(own)
    assert not cluster.alive(server)
    assert not server.home.exists()
    cluster.stop(own, server)
    assert settings().var == own.var
