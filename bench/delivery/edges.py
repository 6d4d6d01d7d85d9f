"""A hit at the edge: our rules on Varnish beside a bare Varnish, with the same origin and file, in turn."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.delivery.compared import Opened
from bench.delivery.hits import ACCEPT, figure
from bench.delivery.installing import Absent, folder
from bench.delivery.load import Load, median, wrk
from bench.delivery.peers import varnish
from bench.delivery.peers.peer import Peer
from bench.delivery.processes import Server, free_port
from bench.delivery.table import Row, Skipped
from bench.delivery.wire import good, send
from wetplate.delivery.edge import varnish as ours
from wetplate.delivery.edge.vcl import Edge
from wetplate.errors import EdgeError
from wetplate.settings import serving

ROW = "edge hit, 640 px AVIF, 16 connections"
OURS, BARE = "Varnish with our rules", "bare Varnish"
TURNS = 5
TOKEN = "a-token-of-the-benchmark"


@contextmanager
def edge(origin: Peer, port: int | None = None, misses: int = 1_000_000) -> Iterator[Server]:
    """Our Varnish in front of the origin. Raises Absent."""
    place = ours.Place(folder() / "edge", port or free_port())
    told = Edge(f"http://127.0.0.1:{origin.server.port}", TOKEN, misses=misses)
    try:
        with ours.running(told, place, serving()) as process:
            yield Server(OURS, process.pid, place.port, place.log)
    except EdgeError as error:
        raise Absent(str(error)) from error


def measure(own: Opened) -> Iterator[Row]:
    """Our edge and the bare one, in turn, so that what else the machine does weighs on both."""
    with ExitStack() as ended:
        try:
            origin = ended.enter_context(own())
            servers = [
                ended.enter_context(edge(origin)),
                ended.enter_context(varnish.running(origin.server.port, name=BARE)),
            ]
        except Absent as reason:
            yield Skipped(ROW, "Varnish", str(reason))
            return
        path = origin.path()
        size = [len(good(send(server.port, path), path)) for server in servers]
        loads = _turns(servers, path)
        for server, kilobytes in zip(servers, size, strict=True):
            values: dict[str, float | str] = {
                "KB": round(kilobytes / 1000, 1),
                "turns": _spread(loads[server.name]),
            }
            yield figure(ROW, server.name, median(loads[server.name]), values)


def _turns(servers: list[Server], path: str) -> dict[str, list[Load]]:
    loads: dict[str, list[Load]] = {server.name: [] for server in servers}
    for server in servers:
        wrk(server, path, seconds=1, header=ACCEPT)
    for turn in range(TURNS):
        for server in servers[:: 1 if turn % 2 else -1]:
            loads[server.name].append(wrk(server, path, seconds=3, header=ACCEPT))
    return loads


def _spread(loads: list[Load]) -> str:
    """Lowest and highest CPU of the turns; a difference within it is none."""
    spent = [load.cpu for load in loads]
    return f"{min(spent):.4f} to {max(spent):.4f} (mean {statistics.mean(spent):.4f})"
