"""A takedown of an image with 2,000 variants: milliseconds until nobody serves any of them.

All variants are asked for through the edge first, so that origin and edge hold them. Then the image is taken
down, and from that moment each cache is asked again and again for the first, the middle and the last variant
until all three are refused; afterwards all 2,000 are asked once more.

`measure` begins with the commit of the verb. `clicks` begins with somebody's click on a notice, carried out
as `wetplate notice execute` does it: decided and hidden, purged, evidence kept, taken down, files deleted,
seen from outside, sealed, told.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

from bench.delivery import edges
from bench.delivery.house import House
from bench.delivery.installing import Absent
from bench.delivery.peers import wetplate
from bench.delivery.processes import free_port
from bench.delivery.table import Figure, Row, Skipped
from bench.delivery.wire import send
from wetplate.attestation.keys import fresh
from wetplate.delivery.notices.carrying_out import Reach, carry_out
from wetplate.delivery.purging.outside import asker
from wetplate.delivery.purging.relay import Relay
from wetplate.delivery.purging.varnish import VarnishPurger
from wetplate.generation.fake import waves
from wetplate.imaging.codec import PNG, encode
from wetplate.publication import moves
from wetplate.publication.notices import catalog, execute, locate
from wetplate.retention.personal import Wrapping
from wetplate.storage.database import transaction
from wetplate.storage.objects import sha256

ROW = "takedown of 2,000 variants, from commit to the last 410"
CLICK = "takedown of 2,000 variants, from the click on a notice to the last 410"
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


def clicks(house: House) -> Iterator[Row]:
    """The figure of the edge, with its parts."""
    try:
        runs = [_clicked(house, number) for number in range(RUNS)]
    except Absent as reason:
        yield Skipped(CLICK, "edge", str(reason))
        return
    parts: dict[str, float | str] = {"runs": ", ".join(f"{run['last 410']:.0f} ms" for run in runs)}
    for name in ("decision committed", "last picture", "last 410", "carried out"):
        parts[name] = f"{median(run[name] for run in runs):.0f} ms"
    parts["served afterwards"] = f"0 of {COUNT}"
    yield Figure(CLICK, "wetplate, edge", p50=median(run["last 410"] for run in runs), values=parts)


@dataclass(frozen=True)
class Cached:
    """An image whose variants origin and edge hold; `ports` are theirs."""

    image: str
    paths: Sequence[str]
    ports: dict[str, int]
    purger: VarnishPurger


@contextmanager
def _cached(house: House, name: str) -> Iterator[Cached]:
    image = house.publish(name, encode(waves(sha256(name.encode()), SIDE, SIDE), PNG), (SIDE, SIDE))
    with ExitStack() as ended:
        port = free_port()
        peer = ended.enter_context(wetplate.running(house))
        ended.enter_context(edges.edge(peer, port=port))
        purger = VarnishPurger(f"http://127.0.0.1:{port}", edges.TOKEN)
        relay = Relay(house.database, [purger])
        relay.start()
        ended.callback(relay.stop)
        paths = wetplate.variants(house, COUNT, name)
        _all(port, paths, lambda status: status == 200)
        ports = {"origin": peer.server.port, "edge": port}
        yield Cached(image, paths, ports, purger)
        for at in ports.values():
            _all(at, paths, lambda status: status in GONE)


def _run(house: House, number: int) -> dict[str, tuple[float, float]]:
    """For the origin and for the edge: see `_until_gone`. Raises Absent when a variant was served later."""
    with _cached(house, f"taken-{number}.png") as held:
        with transaction(house.database) as session:
            moves.take_down(session, held.image, "bench", "quality")
        began = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            took = {who: pool.submit(_until_gone, at, held.paths, began) for who, at in held.ports.items()}
            return {who: each.result() for who, each in took.items()}


def _clicked(house: House, number: int) -> dict[str, float]:
    """Milliseconds since the click until each part was over. Raises Absent."""
    with _cached(house, f"clicked-{number}.png") as held:
        front = f"http://127.0.0.1:{held.ports['edge']}"
        notice = _filed(house, front + held.paths[0])
        reach = Reach(house.database, house.objects, (held.purger,), asker(), fresh(), front)
        began = time.perf_counter()
        with ThreadPoolExecutor(1) as pool:
            seen = pool.submit(_until_gone, held.ports["edge"], held.paths, began)
            with transaction(house.database) as session:
                execute.uphold(session, notice, "person:bench")
            decided = 1000 * (time.perf_counter() - began)
            left = carry_out(reach, notice, "person:bench").left
            over = 1000 * (time.perf_counter() - began)
            gone, shown = seen.result()
        if left:
            raise Absent(left)
        return {"decision committed": decided, "last picture": shown, "last 410": gone, "carried out": over}


def _filed(house: House, url: str) -> str:
    with transaction(house.database) as session:
        where = locate.pointed([url])
        filed = catalog.file(
            session, Wrapping((b"k" * 32,)), kind="dmca", said={"reason": "mine"}, where=where,
            actor="bench", channel="api",
        )  # fmt: skip
        return filed.notice.id


def _until_gone(port: int, paths: Sequence[str], began: float) -> tuple[float, float]:
    """Milliseconds since then until three of them, asked in turn, are gone; until a picture last came."""
    shown = 0.0
    for path in (paths[0], paths[len(paths) // 2], paths[-1]):
        while (status := send(port, path).status) not in GONE:
            passed = 1000 * (time.perf_counter() - began)
            shown = passed if status == 200 else shown
            if passed > PATIENCE:
                raise Absent(f"{path} still answers {status} after {PATIENCE:.0f} ms")
    return 1000 * (time.perf_counter() - began), shown


def _all(port: int, paths: Sequence[str], wanted: Callable[[int], bool]) -> None:
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda path: send(port, path).status, paths))
    if wrong := {status for status in seen if not wanted(status)}:
        raise Absent(f"of {len(paths)} variants some answer {wrong}")
