"""Varnish as a process of ours: found, started in the foreground, known to answer, stopped.

Here: one varnishd with its folder, log and parameters. Not here: what it is told (`vcl`), who purges it
(`delivery.purging`).

Rules:
1. It listens where it is told, on loopback unless told otherwise; its management port only on loopback,
   behind a secret in its own folder.
2. As root it gives its privileges up by itself: manager and worker run as the accounts of the package.
3. Started means that it has answered a request. If it does not start, the refusal quotes its own words.
4. All its memory is bounded: what is kept, and what is only passed through.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from wetplate.delivery.edge.vcl import Edge, render
from wetplate.errors import EdgeError
from wetplate.settings import Serving

INSTALL: Final = "install varnish and varnish-modules (Debian: apt-get install varnish varnish-modules)"
PATIENCE: Final = 30.0
VCL: Final = "edge.vcl"
#: Varnish reads the file after it has given root up; from inside the folder it need not pass through others.
READ_AS_ROOT: Final = f"/proc/self/cwd/{VCL}"
MODULES: Final = ("libvmod_std.so", "libvmod_vsthrottle.so", "libvmod_xkey.so")
#: Header lines of 72 KiB at most, so that a path of 64 KiB is refused by an answer and not by a closed line.
#: Not logged: which of our rules ran and which headers they dropped; all that a log of requests needs is.
PARAMETERS: Final = {
    "http_req_size": "80k",
    "http_req_hdr_len": "72k",
    "workspace_client": "128k",
    "thread_pool_max": "1000",
    "thread_pool_min": "20",
    "timeout_idle": "30",
    "vcc_allow_inline_c": "off",
    "vsl_mask": "-ReqUnset,-RespUnset,-BereqUnset,-BerespUnset,-VCL_call,-VCL_return",
}


@dataclass(frozen=True)
class Place:
    """Where one varnishd listens and keeps its files."""

    folder: Path
    port: int
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://{self.host}:{self.port}"

    @property
    def log(self) -> Path:
        """What it said."""
        return self.folder / "varnishd.log"

    @property
    def work(self) -> Path:
        """Varnish's own files: what it compiled, its shared memory, the secret of its management port."""
        return self.folder / "work"


@contextmanager
def running(
    edge: Edge, place: Place, serving: Serving, **parameters: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A varnishd that answers, stopped at the end. Raises EdgeError."""
    process = start(edge, place, serving, **parameters)
    try:
        yield process
    finally:
        stop(process)


def start(edge: Edge, place: Place, serving: Serving, **parameters: str) -> subprocess.Popen[bytes]:
    """Start it and wait for its first answer. Raises EdgeError."""
    command = line(edge, place, serving, **parameters)
    _refuse_taken(place)
    _write(place, render(edge))
    with place.log.open("wb") as log:
        process = subprocess.Popen(command, cwd=place.work, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _await(process, place)
    except BaseException:
        stop(process)
        raise
    return process


def stop(process: subprocess.Popen[bytes], patience: float = 10) -> None:
    """Ask it to end, wait, then insist."""
    process.terminate()
    try:
        process.wait(timeout=patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def line(edge: Edge, place: Place, serving: Serving, **parameters: str) -> list[str]:
    """The command line. Raises EdgeError when the program or a module is missing."""
    chosen = PARAMETERS | _vmods(serving.vmods) | parameters
    return [
        _program(serving.varnishd), "-F",
        "-n", str(place.work),
        "-a", f"{edge.name}={place.host}:{place.port}",
        "-f", READ_AS_ROOT if os.geteuid() == 0 else str(place.work / VCL),
        "-s", f"kept=malloc,{serving.edge_memory}",
        "-s", f"Transient=malloc,{max(serving.edge_memory // 4, 16 * 2**20)}",
        *(word for name, value in chosen.items() for word in ("-p", f"{name}={value}")),
    ]  # fmt: skip


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise EdgeError(f"there is no {name} here: {INSTALL}, or name the program in WETPLATE_VARNISHD")
    return found


def _vmods(folder: Path | None) -> dict[str, str]:
    """The parameter that names the folder, if one is set and complete; else Varnish knows its own."""
    if folder is None:
        return {}
    if missing := [name for name in MODULES if not (folder / name).is_file()]:
        raise EdgeError(f"{folder} (WETPLATE_VMODS) lacks {', '.join(missing)}: {INSTALL}")
    return {"vmod_path": str(folder)}


def _write(place: Place, text: str) -> None:
    """The text holds the token: nobody else may enter the folder."""
    place.folder.mkdir(parents=True, exist_ok=True)
    place.folder.chmod(0o700)
    place.work.mkdir(exist_ok=True)
    (place.work / VCL).write_text(text, encoding="ascii")


def _refuse_taken(place: Place) -> None:
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((place.host, place.port)) == 0:
            raise EdgeError(f"somebody listens on {place.host}:{place.port} already; choose another --port")


def _await(process: subprocess.Popen[bytes], place: Place) -> None:
    deadline = monotonic() + PATIENCE
    while not _answers(place):
        if process.poll() is not None or monotonic() > deadline:
            raise EdgeError(f"varnishd does not start: {_why(place.log)}")
        sleep(0.02)


def _answers(place: Place) -> bool:
    """Whether it refuses what it refuses without asking the origin."""
    with suppress(OSError), closing(HTTPConnection(place.host, place.port, timeout=2)) as connection:
        connection.request("GET", "/metrics")
        return connection.getresponse().status in (403, 404)
    return False


def _why(log: Path) -> str:
    said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    if any("VMOD" in line for line in said):
        return (
            f"a module is missing; {INSTALL}, or name their folder in WETPLATE_VMODS ({' | '.join(said[:3])})"
        )
    return " | ".join(_telling(said)) or "it said nothing"


def _telling(said: Sequence[str]) -> Sequence[str]:
    return [line for line in said if not line.startswith(("Debug:", "Info:"))][:6]
