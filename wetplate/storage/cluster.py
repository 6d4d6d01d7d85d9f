"""One Postgres cluster on this machine: where its files are, whether it lives, start and stop.

Here: folders, locks, `initdb` and `pg_ctl`. Not here: roles, databases, schema (`postgres`, `migrations`).

Rules:
1. The server listens on a Unix socket in a 0700 folder and nowhere else: that folder is the authentication.
2. Alive means: a real connection answers for this very data folder. A process id proves nothing (a stale
   `postmaster.pid` may name somebody else's process), so nothing is ever signalled because of one.
3. The server inherits an open, locked file from us. While any process of it lives the kernel keeps that lock;
   once the lock is free, the server is gone for certain and lock files it left behind may be removed.
4. Nothing is stopped behind anybody's back: no reference counting, no exit handler; `down` says when.
"""

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from wetplate.errors import DatabaseUnavailable
from wetplate.settings import Settings
from wetplate.storage.binaries import Account, Binaries, account, find

ADMIN = "postgres"
SOCKET = ".s.PGSQL.5432"
SOCKET_LIMIT = 103  # bytes: 107 on Linux, 103 on macOS
REFUGE = Path("/var/lib/wetplate")  # where root keeps a cluster whose account cannot reach the checkout
PATIENCE = 60.0  # seconds for a start, a recovery or a stop
INITDB = ("--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--no-locale", "--data-checksums")
OPTIONS = {"listen_addresses": "", "max_connections": "200", "timezone": "UTC", "log_timezone": "UTC"}
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Server:
    """A cluster: `home` holds `data`, the log and the lock; `socket` is the folder of the Unix socket."""

    home: Path
    socket: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def url(self, role: str = "app", database: str = "wetplate", driver: str = "psycopg") -> str:
        """The SQLAlchemy URL of a database here. Dagster's storage wants `driver="psycopg2"`."""
        return f"postgresql+{driver}://{role}@/{database}?host={quote(str(self.socket), safe='')}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """A connection as the cluster's administrator, in autocommit. Raises psycopg.OperationalError."""
        return psycopg.connect(
            host=str(self.socket), user=ADMIN, dbname=database, autocommit=True, connect_timeout=5
        )

    def major(self) -> int | None:
        """The major version that made the data folder; None before there is one."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None


def server(settings: Settings) -> Server:
    """Where this checkout's cluster is, or would be. Makes `settings.var`, nothing else."""
    who = account(settings)
    home = _home(settings.var / "postgres", who)
    return Server(home, _socket_folder(home), who)


def binaries(settings: Settings, which: Server) -> Binaries:
    """The programs that fit the cluster. Raises DatabaseUnavailable."""
    return find(settings, which.account, which.home, which.major())


def alive(which: Server) -> bool:
    """Whether a connection answers for this very data folder."""
    try:
        with which.connect() as connection:
            row = connection.execute("SHOW data_directory").fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and Path(row[0]).resolve() == which.data.resolve()


def start(settings: Settings, which: Server, *, careless: bool = False) -> None:
    """Have the server running; no-op when it is. `careless` gives durability up for speed (tests only).

    Raises DatabaseUnavailable with the end of the server's log.
    """
    _make_home(which)
    with _launching(which):
        programs = binaries(settings, which)
        if which.major() is None:
            _initialise(programs, which, careless=careless)
        _until_alive(programs, which, OPTIONS | (CARELESS if careless else {}))


def stop(settings: Settings, which: Server, *, mode: str = "fast") -> None:
    """Have the server stopped; no-op when it is. `mode` is pg_ctl's (fast, immediate)."""
    if which.major() is None or not _lives(which):
        return
    said = _pg_ctl(binaries(settings, which), which, "stop", "-m", mode)
    if said.returncode != 0 and _lives(which):
        raise DatabaseUnavailable(f"Postgres in {which.data} does not stop: {said.stderr.strip()}")


def remove(which: Server) -> None:
    """Delete the stopped cluster's files."""
    for folder in (which.home, which.socket):
        shutil.rmtree(folder, ignore_errors=True)


def _home(wanted: Path, who: Account) -> Path:
    wanted.parent.mkdir(parents=True, exist_ok=True)
    refuge = REFUGE / _short(wanted)
    for home in (wanted, refuge):
        if (home / "data").exists():  # decided before: no process is started to ask again
            return home
    return wanted if not who.switched or who.reaches(wanted.parent) else refuge


def _socket_folder(home: Path) -> Path:
    near = home / "run"
    fits = len(os.fsencode(near / SOCKET)) <= SOCKET_LIMIT
    return near if fits else Path("/tmp") / f"wetplate-{_short(home)}"


def _short(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _make_home(which: Server) -> None:
    if which.home.parent == REFUGE and not REFUGE.exists():
        REFUGE.mkdir(parents=True)
        REFUGE.chmod(0o755)
    which.account.own(which.home)
    which.account.own(which.socket)


def _initialise(programs: Binaries, which: Server, *, careless: bool) -> None:
    half = which.home / "data.new"
    shutil.rmtree(half, ignore_errors=True)
    command = [str(programs.program("initdb")), "-D", str(half), "-U", ADMIN, *INITDB]
    said = which.account.run([*command, "--no-sync"] if careless else command)
    if said.returncode != 0:
        raise DatabaseUnavailable(f"initdb failed in {half}: {said.stderr.strip()}")
    half.rename(which.data)


def _launch(programs: Binaries, which: Server, lock: int, options: dict[str, str]) -> None:
    for stale in (which.data / "postmaster.pid", which.socket / f"{SOCKET}.lock"):
        stale.unlink(missing_ok=True)
    quoted = str(which.socket).replace('"', '""')
    options = options | {"unix_socket_directories": f'"{quoted}"'}
    words = shlex.join([word for name, value in options.items() for word in ("-c", f"{name}={value}")])
    said = _pg_ctl(programs, which, "start", "-l", which.log.name, "-o", words, keep=(lock,))
    if said.returncode != 0:
        why = _last_words(which) or said.stderr.strip()
        raise DatabaseUnavailable(f"Postgres does not start in {which.data}: {why}")


def _pg_ctl(
    programs: Binaries, which: Server, *words: str, keep: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run pg_ctl from `home` with relative names, since it hands them to a shell badly quoted."""
    patience = ("-w", "-t", str(int(PATIENCE)))
    command = [str(programs.program("pg_ctl")), "-D", which.data.name, *patience, *words]
    return which.account.run(command, keep=keep, folder=which.home, timeout=PATIENCE + 30)


def _until_alive(programs: Binaries, which: Server, options: dict[str, str]) -> None:
    """Launch once the lock is free; until then a server lives that starts, recovers or stops: wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not alive(which):
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"Postgres in {which.data} does not answer: {_last_words(which)}")
        with _serving(which) as lock:
            if lock is not None:
                _launch(programs, which, lock, options)
        time.sleep(0.02)


def _last_words(which: Server) -> str:
    with suppress(OSError):
        return " | ".join(which.log.read_text(errors="replace").splitlines()[-4:])
    return ""


@contextmanager
def _launching(which: Server) -> Iterator[None]:
    """One starter at a time; others wait and then find the server running."""
    with _opened(which, "launch.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _serving(which: Server) -> Iterator[int | None]:
    """The lock the server will inherit; None while a server lives, even one that still starts or stops."""
    with _opened(which, "server.lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield None if alive(which) else lock


def _lives(which: Server) -> bool:
    with _serving(which) as lock:
        return lock is None


@contextmanager
def _opened(which: Server, name: str) -> Iterator[int]:
    descriptor = os.open(which.home / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        if which.account.switched:
            os.fchown(descriptor, which.account.uid, which.account.gid)
        yield descriptor
    finally:
        os.close(descriptor)
