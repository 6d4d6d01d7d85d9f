"""A 60-megapixel source, and a result of 100,000 × 100,000: what they take, and whether the server lives."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from bench.delivery import bad_pictures
from bench.delivery.compared import Opened
from bench.delivery.installing import Absent
from bench.delivery.peers.peer import Peer
from bench.delivery.processes import tree, watched
from bench.delivery.table import Figure, Row, Skipped

ROW = "60-megapixel source → 640 px AVIF"
ASKED = "100000 × 100000 asked for"
NAME = "sixty.png"


def lay_out(folder: Path) -> bytes:
    """The source, there for every server."""
    body = bad_pictures.sixty_megapixels()
    (folder / NAME).write_bytes(body)
    return body


def measure(servers: Mapping[str, Opened]) -> Iterator[Row]:
    """Two figures for each server."""
    found: list[Row] = []
    for name, opened in servers.items():
        try:
            with opened() as peer:
                yield _source(name, peer)
                found.append(_result(name, peer))
        except Absent as reason:
            yield Skipped(ROW, name, str(reason))
    yield from found


def _source(name: str, peer: Peer) -> Figure:
    peer.ask()
    before = peer.server.cpu()
    with watched(peer.server) as peak:
        answer = peer.ask(picture=NAME)
        highest = peak()
    values: dict[str, float | str] = {
        "answer": str(answer.status),
        "peak MB": round(highest / 1e6),
        "hard cap": _cap(peer.server.pid),
    }
    return Figure(ROW, name, 1000 * (peer.server.cpu() - before), values=values)


def _result(name: str, peer: Peer) -> Figure:
    with watched(peer.server) as peak:
        answer = peer.ask(width="100000")
        highest = peak()
    lives = "yes" if peer.server.alive() and peer.ask().picture else "no"
    values: dict[str, float | str] = {
        "answer": str(answer.status or "none"),
        "peak MB": round(highest / 1e6),
        "lives": lives,
    }
    return Figure(ASKED, name, values=values)


def _cap(root: int) -> str:
    """The lowest limit on address space or data in the tree."""
    limits = []
    for pid in tree(root):
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
            limits += [line.split()[3] for line in lines if line.startswith(("Max address", "Max data"))]
    numbers = [int(limit) for limit in limits if limit.isdigit()]
    return f"{min(numbers) >> 20} MiB" if numbers else "none"
