"""Servers as child processes: started, watched, measured, ended.

Here: CPU and memory of a whole process tree from /proc, and the promise that nothing outlives its
measurement. Not here: what is started (`peers`), what is sent to it (`load`, `wire`).
"""

import os
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.delivery.installing import Absent

TICK = os.sysconf("SC_CLK_TCK")
GIB = 2**30


@dataclass(frozen=True)
class Server:
    """A running server: its name, the id of its first process, where it listens and what it says."""

    name: str
    pid: int
    port: int
    log: Path

    def cpu(self) -> float:
        """CPU seconds of the tree so far, ended children included."""
        return sum(_cpu(pid) for pid in tree(self.pid))

    def alive(self) -> bool:
        """The first process still runs."""
        return bool(_fields(self.pid)) and _fields(self.pid)[0] != "Z"


@contextmanager
def serving(
    name: str,
    command: Sequence[str],
    port: int,
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    address_space: int | None = None,
    within: float = 60,
) -> Iterator[Server]:
    """The command until the block ends; raises Absent when it does not listen in time.

    `address_space` is a hard limit on each of its processes (Node cannot live under one: see `watched`).
    """
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_limited(address_space),
        )
    try:
        _listening(name, process, port, within, log)
        yield Server(name, process.pid, port, log)
    finally:
        end(process)


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask the first process to stop; kill by id what is left of its tree after five seconds."""
    members = tree(process.pid)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    _kill(members | tree(process.pid))
    process.wait()


def tree(root: int) -> set[int]:
    """The process, its descendants, and whoever shares its session."""
    parents, members = {}, set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
            if int(fields[3]) == root:
                members.add(int(entry.name))
    return members | {pid for pid in parents if _descends(pid, root, parents)}


@contextmanager
def watched(server: Server, cap: int = 3 * GIB) -> Iterator[Callable[[], int]]:
    """Gives a call for the most resident bytes of any one process; kills the tree when it passes the cap."""
    peaks: dict[int, int] = {}
    done = threading.Event()

    def looked() -> int:
        members = tree(server.pid)
        peaks.update({pid: max(peaks.get(pid, 0), _status(pid, "VmHWM")) for pid in members})
        if sum(_status(pid, "VmRSS") for pid in members) > cap:
            _kill(members)
        return max(peaks.values(), default=0)

    def look() -> None:
        while not done.wait(0.005):
            looked()

    for pid in tree(server.pid):
        with suppress(OSError):
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the high-water mark starts anew
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield looked
    finally:
        done.set()
        thread.join()


def _kill(pids: set[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _limited(address_space: int | None) -> Callable[[], None] | None:
    if address_space is None:
        return None
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))


def _listening(name: str, process: "subprocess.Popen[bytes]", port: int, within: float, log: Path) -> None:
    until = time.monotonic() + within
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise Absent(f"{name} did not start: {log.read_text(errors='replace').strip()[-300:]}")


def _descends(pid: int, root: int, parents: Mapping[int, int]) -> bool:
    while pid in parents:
        if pid == root:
            return True
        pid = parents[pid]
    return False


def _fields(pid: int) -> list[str]:
    """/proc/<pid>/stat from the state on; nothing when the process is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def _cpu(pid: int) -> float:
    fields = _fields(pid)
    return sum(int(ticks) for ticks in fields[11:15]) / TICK if fields else 0.0


def _status(pid: int, key: str) -> int:
    """A size of /proc/<pid>/status in bytes."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(key)).split()[1]) * 1024
    return 0
