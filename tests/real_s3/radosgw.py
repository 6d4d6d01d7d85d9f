"""A real S3 server: Ceph's gateway (Debian's radosgw) over one monitor and one OSD in memory, on loopback.

`radosgw()` starts all three in a folder of their own and ends them; about 12 s and 350 MB. Nothing survives.
There is no manager daemon: the gateway needs none. Versioning stays off, because with it 16 of 16 racing
conditional puts succeed on this release.
"""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "ceph", "ceph-authtool", "monmaptool", "radosgw-admin")
PATIENCE = 60.0
CONFIGURATION = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon}/0]
keyring = {folder}/keyring
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
crash dir = {folder}/crash
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon osd full ratio = 0.99
rgw frontends = beast endpoint=127.0.0.1:{gateway}
rgw enable usage log = false
debug rgw = 0
debug ms = 0
"""


@dataclass(frozen=True)
class Gateway:
    """Where the server is, and who may use it."""

    endpoint: str
    access_key: str
    secret_key: str


def missing() -> list[str]:
    """Programs that this machine lacks: Debian's radosgw, ceph-mon, ceph-osd and ceph-common bring them."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


@contextmanager
def radosgw() -> Iterator[Gateway]:
    """A running gateway with one user. Raises RuntimeError when one of its parts does not come up."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="radosgw-")))
        mon, gateway = _port(), _port()
        said = CONFIGURATION.format(folder=folder, fsid=uuid4(), mon=mon, gateway=gateway)
        configuration = folder / "ceph.conf"
        configuration.write_text(said)
        _keys(folder)
        _monitor(stack, folder, said, mon)
        _store(stack, folder)
        stack.enter_context(_running(folder, ["radosgw", "-n", "client.rgw", "-f"]))
        made = Gateway(f"http://127.0.0.1:{gateway}", "wetplate", "a-secret-of-the-tests")
        keys = [f"--access-key={made.access_key}", f"--secret-key={made.secret_key}"]
        _ask(folder, ["radosgw-admin", "user", "create", "--uid=tests", "--display-name=tests", *keys])
        _wait(lambda: _listening(gateway), "the gateway")
        yield made


def _keys(folder: Path) -> None:
    everything = {"mon": "allow *", "osd": "allow *"}
    caps = {
        "mon.": {"mon": "allow *"},
        "client.admin": everything,
        "osd.0": {"mon": "allow profile osd", "osd": "allow *"},
        "client.rgw": {"mon": "allow rw", "osd": "allow rwx"},
    }
    for number, (name, allowed) in enumerate(caps.items()):
        line = ["ceph-authtool", str(folder / "keyring"), "--gen-key", "-n", name]
        line += [word for where, what in allowed.items() for word in ("--cap", where, what)]
        _run(folder, [*line, *(["--create-keyring"] if number == 0 else [])])


def _monitor(stack: ExitStack, folder: Path, configuration: str, port: int) -> None:
    fsid = configuration.split("fsid = ")[1].split()[0]
    (folder / "mon").mkdir()
    address = f"[v2:127.0.0.1:{port}/0]"
    _run(folder, ["monmaptool", "--create", "--addv", "a", address, "--fsid", fsid, str(folder / "monmap")])
    monmap = ["--monmap", str(folder / "monmap"), "--keyring", str(folder / "keyring")]
    _run(folder, ["ceph-mon", "--mkfs", "-i", "a", *monmap])
    stack.enter_context(_running(folder, ["ceph-mon", "-i", "a", "-f"]))
    _wait(lambda: _listening(port), "the monitor")


def _store(stack: ExitStack, folder: Path) -> None:
    (folder / "osd").mkdir()
    (folder / "rgw").mkdir()
    identity = str(uuid4())
    _ask(folder, ["ceph", "osd", "new", identity, "0"])
    _run(folder, ["ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", identity])
    stack.enter_context(_running(folder, ["ceph-osd", "-i", "0", "-f"]))
    _wait(lambda: '"num_up_osds":1' in _ask(folder, ["ceph", "osd", "stat", "-f", "json"]), "the store")


@contextmanager
def _running(folder: Path, line: Sequence[str]) -> Iterator[None]:
    with (folder / f"{line[0]}.out").open("wb") as said:
        started = subprocess.Popen(_configured(folder, line), stdout=said, stderr=said, cwd=folder)
        try:
            yield
        finally:
            started.kill()
            started.wait(10)


def _ask(folder: Path, line: Sequence[str]) -> str:
    """What a client says; the monitor may still be electing itself, so it is asked with patience."""
    return _run(folder, [*line, "--connect-timeout", "30"] if line[0] == "ceph" else line)


def _run(folder: Path, line: Sequence[str]) -> str:
    done = subprocess.run(
        _configured(folder, line), capture_output=True, text=True, timeout=PATIENCE, cwd=folder, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{line[0]} failed: {done.stderr.strip()[-400:]}")
    return done.stdout


def _configured(folder: Path, line: Sequence[str]) -> list[str]:
    if line[0] in ("ceph-authtool", "monmaptool"):
        return list(line)
    return [line[0], "-c", str(folder / "ceph.conf"), *line[1:]]


def _wait(ready: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > until:
            raise RuntimeError(f"{what} does not come up")
        time.sleep(0.1)


def _listening(port: int) -> bool:
    with socket.socket() as line:
        line.settimeout(1)
        return line.connect_ex(("127.0.0.1", port)) == 0


def _port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])
