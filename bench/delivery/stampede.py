"""Sixty clients ask for one file that nobody has made yet: how often is it encoded?

No server tells, so CPU does: what sixty cost, over what one costs. Ours is also counted by its own metrics.
"""

from collections.abc import Callable, Iterator, Mapping

from bench.delivery.compared import Opened
from bench.delivery.installing import Absent
from bench.delivery.load import each
from bench.delivery.peers.peer import Peer
from bench.delivery.table import Figure, Row, Skipped

ROW = "60 concurrent cold requests for one 512 px AVIF"
CLIENTS = 60
WIDTH = 512  # that no other measure asks for: what was made once stands


def measure(servers: Mapping[str, Opened], made: Callable[[Peer], int] | None) -> Iterator[Row]:
    """A figure for each server; `made` reads how many encodes the first one has counted."""
    for name, opened in servers.items():
        try:
            yield _figure(name, opened, made)
        except Absent as reason:
            yield Skipped(ROW, name, str(reason))
        made = None


def _figure(name: str, opened: Opened, made: Callable[[Peer], int] | None) -> Figure:
    with opened() as peer:
        peer.ask(picture="portrait-0.png")
        alone = [peer.path(picture=f"{kind}-1.png", width=WIDTH) for kind in ("portrait", "mosaic", "shoe")]
        one, _ = each(peer.server, alone, connections=1)
        before = made(peer) if made else 0
        load, _ = each(
            peer.server, [peer.path(picture="portrait-2.png", width=WIDTH)] * CLIENTS, connections=CLIENTS
        )
        counted = {"encodes counted": made(peer) - before} if made else {}
    spent = load.cpu * CLIENTS
    values = {"encodes by CPU": round(spent / one.cpu, 1), **counted, "all CPU ms": round(spent)}
    return Figure(ROW, name, load.cpu, load.p50, load.p99, load.rate, values)
