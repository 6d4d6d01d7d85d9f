"""A takedown of an image with 2,000 variants: milliseconds from the commit until nobody serves any of them.

All variants are asked for through the edge first, so that origin and edge hold them. Then the verb takes
the image down, the transaction commits, and from that moment each cache is asked again and again for the
first, the middle and the last variant until all three are refused; afterwards all 2,000 are asked once
more.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from bench.delivery import edges
from bench.delivery.house import House
from bench.delivery.installing import Absent
from bench.delivery.peers import wetplate
from bench.delivery.processes import free_port
from bench.delivery.table import Figure, Row, Skipped
from bench.delivery.wire import send
from wetplate.delivery.purging.relay import Relay
from wetplate.delivery.purging.varnish import VarnishPurger
from wetplate.generation.fake import waves
from wetplate.imaging.codec import PNG, encode
from wetplate.publication import moves
from wetplate.storage.database import transaction
from wetplate.storage.objects import sha256

ROW = "takedown of 2,000 variants, from commit to the last 410"
COUNT, RUNS, SIDE = 2_000, 3, 128
GONE = (410, 451)
PATIENCE = 30_000.0


def measure(house: House) -> Iterator[Row]:
    """A figure for the origin and one for the edge; each run takes down an image of its own."""
    try:
        runs = [_run(house, number) for number in range(RUNS)]
    except Absent as reason:
        yield Skipped(ROW, "origin and edge", str(reason))
        return
    for who in ("origin", "edge"):
        gone, shown = (sorted(run[who][part] for run in runs) for part in (0, 1))
        values: dict[str, float | str] = {
            "runs": ", ".join(f"{ms:.0f} ms" for ms in gone),
            "last picture after": f"{shown[len(shown) // 2]:.0f} ms",
            "served afterwards": f"0 of {COUNT}",
        }
        yield Figure(ROW, f"wetplate, {who}", p50=gone[len(gone) // 2], values=values)


def _run(house: House, number: int) -> dict[str, tuple[float, float]]:
    """For the origin and for the edge: see `_until_gone`. Raises Absent when a variant was served later."""
    name = f"taken-{number}.png"
    image = house.publish(name, encode(waves(sha256(name.encode()), SIDE, SIDE), PNG), (SIDE, SIDE))
    with ExitStack() as ended:
        port = free_port()
        peer = ended.enter_context(wetplate.running(house))
        ended.enter_context(edges.edge(peer, port=port))
        relay = Relay(house.database, [VarnishPurger(f"http://127.0.0.1:{port}", edges.TOKEN)])
        relay.start()
        ended.callback(relay.stop)
        paths = wetplate.variants(house, COUNT, name)
        _all(port, paths, lambda status: status == 200)
        with transaction(house.database) as session:
            moves.take_down(session, image, "bench", "quality")
        began = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            ports = {"origin": peer.server.port, "edge": port}
            took = {who: pool.submit(_until_gone, at, paths, began) for who, at in ports.items()}
            gone = {who: each.result() for who, each in took.items()}
        for at in ports.values():
            _all(at, paths, lambda status: status in GONE)
        return gone


def _until_gone(port: int, paths: Sequence[str], began: float) -> tuple[float, float]:
    """Milliseconds since then until three of them, asked in turn, are refused; until a picture last came."""
    shown = 0.0
    for path in (paths[0], paths[len(paths) // 2], paths[-1]):
        while send(port, path).status not in GONE:
            shown = 1000 * (time.perf_counter() - began)
            if shown > PATIENCE:
                raise Absent(f"{path} is still served after {PATIENCE:.0f} ms")
    return 1000 * (time.perf_counter() - began), shown


def _all(port: int, paths: Sequence[str], wanted: Callable[[int], bool]) -> None:
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda path: send(port, path).status, paths))
    if wrong := {status for status in seen if not wanted(status)}:
        raise Absent(f"of {len(paths)} variants some answer {wrong}")
