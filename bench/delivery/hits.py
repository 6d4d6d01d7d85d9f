"""A cached hit at the origin: one AVIF of 640 px asked for again and again over 16 connections."""

from collections.abc import Callable, Iterator, Mapping

from bench.delivery.compared import Opened
from bench.delivery.installing import Absent
from bench.delivery.load import Load, repeated, wrk
from bench.delivery.peers import nginx
from bench.delivery.peers.peer import Peer
from bench.delivery.processes import Server
from bench.delivery.table import Figure, Row, Skipped
from bench.delivery.wire import good

ROW = "cached hit at the origin, 640 px AVIF, 16 connections"
ACCEPT = "Accept: image/avif"
PUBLISHED = "wetplate, published file"


def measure(ours: Callable[[Peer], str], own: Opened, servers: Mapping[str, Opened]) -> Iterator[Row]:
    """Ours (`ours` gives the path of a published file), servers with their caches, nginx as the limit."""
    with own() as peer:
        path = ours(peer)
        body = good(peer.get(path), path)
        yield _figure(PUBLISHED, peer.server, path, len(body))
        tag = f"If-None-Match: {peer.get(path).headers['etag']}"
        yield _figure("wetplate, 304", peer.server, path, 0, tag)
        yield from _limits(body, peer.server.port, path)
    for name, opened in servers.items():
        try:
            with opened() as peer:
                path = peer.path()
                size = len(good(peer.ask(), path))
                yield _figure(name, peer.server, path, size)
        except Absent as reason:
            yield Skipped(ROW, name, str(reason))


def _limits(body: bytes, origin: int, path: str) -> Iterator[Row]:
    try:
        with nginx.running(body, origin) as server:
            yield _figure("nginx, static file", server, "/static/picture.avif", len(body))
            yield _figure("nginx, proxy_cache", server, path, len(body))
    except Absent as reason:
        yield Skipped(ROW, "nginx", str(reason))


def _figure(name: str, server: Server, path: str, size: int, header: str = ACCEPT) -> Figure:
    wrk(server, path, seconds=1, header=header)
    load = repeated(lambda: wrk(server, path, header=header))
    return figure(ROW, name, load, {"KB": round(size / 1000, 1)})


def figure(row: str, name: str, load: Load, values: Mapping[str, float | str]) -> Figure:
    """A load as a line of the table."""
    return Figure(
        row, name, load.cpu, load.p50, load.p99, load.rate, {**values, "load": round(load.average, 1)}
    )
