"""Pressing a server: CPU, latency and throughput of many requests.

`wrk` asks for one address again and again (a cached answer); `each` asks once for every one of many (work
that no cache can spare). The load comes from another process or thread, and its own CPU is never counted.
"""

import os
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.delivery.installing import Absent, program
from bench.delivery.processes import Server
from bench.delivery.wire import Answer, send

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Load:
    """Milliseconds of CPU a request, requests a second, milliseconds of latency, load average meanwhile."""

    cpu: float
    rate: float
    p50: float
    p99: float
    average: float


def wrk(server: Server, path: str, *, connections: int = 16, seconds: int = 4, header: str = "") -> Load:
    """One address under wrk with one thread. Raises Absent when anything but success came back."""
    address = f"http://127.0.0.1:{server.port}{path}"
    command = [program("wrk", "wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", address]
    before = server.cpu()
    said = subprocess.run(
        [*command, *(["-H", header] if header else [])], capture_output=True, text=True, check=True
    )
    spent, out = server.cpu() - before, said.stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise Absent(f"{server.name}: {' '.join(out.split())[-160:]}")
    requests = int(_found(r"(\d+) requests in", out))
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", out))
    return Load(
        1000 * spent / requests,
        rate,
        _milliseconds("50%", out),
        _milliseconds("99%", out),
        os.getloadavg()[0],
    )


def each(server: Server, paths: Sequence[str], *, connections: int = 4) -> tuple[Load, list[Answer]]:
    """Every path once. Raises Absent when one does not give a picture."""

    def timed(path: str) -> tuple[float, Answer]:
        began = time.perf_counter()
        answer = send(server.port, path, seconds=120)
        return 1000 * (time.perf_counter() - began), answer

    before, began = server.cpu(), time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        done = list(pool.map(timed, paths))
    spent, wall = server.cpu() - before, time.perf_counter() - began
    for path, (_, answer) in zip(paths, done, strict=True):
        if not answer.picture:
            raise Absent(f"{server.name}{path} answers {answer.status} {answer.body[:200]!r}")
    took = sorted(milliseconds for milliseconds, _ in done)
    load = Load(
        1000 * spent / len(paths), len(paths) / wall, statistics.median(took), took[-1], os.getloadavg()[0]
    )
    return load, [answer for _, answer in done]


def median(runs: Iterable[Load]) -> Load:
    """The median of each number."""
    rows = list(runs)
    return Load(*(statistics.median(column) for column in zip(*map(_numbers, rows), strict=True)))


def repeated(run: Callable[[], Load], times: int = 3) -> Load:
    """The median of so many runs."""
    return median(run() for _ in range(times))


def _numbers(load: Load) -> tuple[float, ...]:
    return (load.cpu, load.rate, load.p50, load.p99, load.average)


def _milliseconds(mark: str, out: str) -> float:
    number, unit = re.search(rf"{mark}\s+([\d.]+)(us|ms|s)", out).groups()  # type: ignore[union-attr]
    return float(number) * UNITS[unit]


def _found(pattern: str, out: str) -> str:
    if (match := re.search(pattern, out)) is None:
        raise Absent(f"wrk said nothing of {pattern}: {out[-200:]}")
    return match[1]
