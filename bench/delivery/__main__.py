"""`python -m bench.delivery [--only sets …]`: start ours and the peers, measure, print, end them all.

Figures go to `var/bench/delivery/figures.json`, the tables to the screen; with nothing named, all of it
runs (about a quarter of an hour on two cores). Nothing but this process's own children is ever signalled.
"""

import argparse
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from bench.delivery import (
    bad_pictures,
    behaviour,
    compared,
    edges,
    hits,
    inputs,
    large,
    sets,
    stampede,
    table,
    takedowns,
    targets,
    transforms,
)
from bench.delivery.compared import Opened
from bench.delivery.house import House, furnish, house
from bench.delivery.installing import Absent, folder
from bench.delivery.peers import ipx, nextjs, thumbor, wetplate
from bench.delivery.peers.peer import PICTURE, Peer
from bench.delivery.table import Row, Skipped

ENCODES = re.compile(
    rb'^wetplate_transform_duration_seconds_count\{[^}]*stage="encode"[^}]*\} ([\d.]+)', re.M
)


@dataclass(frozen=True)
class Bench:
    """What the rows share: the pictures, and (made when first asked for) the house they are published in."""

    ended: ExitStack
    pictures: Path

    @cached_property
    def house(self) -> House:
        """Ours, furnished with every picture."""
        made = self.ended.enter_context(house())
        furnish(made, self.pictures)
        return made

    def own(self, *, throttled: bool = False) -> Opened:
        """Our origin."""
        return partial(wetplate.running, self.house, throttled=throttled)

    def sets(self) -> Iterator[Row]:
        """A set of 12 files."""
        yield from sets.measure()

    def transforms(self) -> Iterator[Row]:
        """An uncached transform."""
        equal = 58  # gives our score at this speed
        servers: dict[str, tuple[Opened, int | None]] = {
            "wetplate": (self.own(), None),
            "thumbor, its defaults": (partial(thumbor.running, self.pictures), None),
            "thumbor, our speed and score": (partial(thumbor.running, self.pictures, speed=9), equal),
            "ipx, its defaults": (partial(ipx.running, self.pictures), None),
            "ipx, our speed and score": (partial(ipx.running, self.pictures, effort=0), equal),
        }
        yield from transforms.measure(servers, transforms.sources(self.pictures))

    def hits(self) -> Iterator[Row]:
        """A cached hit at the origin."""
        servers: dict[str, Opened] = {
            "wetplate, transform on demand": self.own(),
            "thumbor, result storage": partial(thumbor.running, self.pictures, stored=True),
            "Next, disk cache": partial(nextjs.running, self.pictures),
        }
        yield from hits.measure(lambda _: self.house.file(PICTURE, 640, "avif"), self.own(), servers)

    def edge(self) -> Iterator[Row]:
        """A hit at the edge."""
        yield from edges.measure(self.own())

    def stampede(self) -> Iterator[Row]:
        """Sixty cold requests at once."""
        servers: dict[str, Opened] = {
            "wetplate": self.own(),
            "thumbor, its defaults": partial(thumbor.running, self.pictures),
            "thumbor, result storage": partial(thumbor.running, self.pictures, stored=True),
            "ipx, our encoder speed": partial(ipx.running, self.pictures, effort=0),
        }
        yield from stampede.measure(servers, encodes)

    def takedown(self) -> Iterator[Row]:
        """A purge of 2,000 variants."""
        yield from takedowns.measure(self.house)

    def click(self) -> Iterator[Row]:
        """A notice with 2,000 variants behind it, carried out."""
        yield from takedowns.clicks(self.house)

    def large(self) -> Iterator[Row]:
        """A 60-megapixel source."""
        yield from large.measure(self._all())

    def behaviour(self) -> str:
        """What HTTP asks, against every server."""
        checks = {behaviour.title(check): check for check in behaviour.CHECKS}
        return compared.markdown(compared.columns(self._all(), checks), {name: name for name in checks})

    def inputs(self) -> str:
        """The bad inputs, against every server; those about signatures against one that insists on them."""
        signed = partial(thumbor.running, self.pictures, name="thumbor-signed", signed=True)
        keepers: dict[str, Opened] = {**self._all(), "thumbor": signed}
        numbers = [number for number in inputs.INPUTS if number not in inputs.SIGNATURES]
        asked = compared.columns(self._all(throttled=True), _checks(numbers))
        kept = compared.columns(keepers, _checks(inputs.SIGNATURES))
        elsewhere = {str(number): ("n/a", words) for number, words in inputs.ELSEWHERE.items()}
        found = {name: asked[name] | kept[name] | elsewhere for name in asked}
        names = {str(number): f"{number}. {inputs.named(number)}" for number in range(1, 47)}
        return compared.markdown(found, names)

    def _all(self, *, throttled: bool = False) -> dict[str, Opened]:
        return {
            "wetplate": self.own(throttled=throttled),
            "thumbor": partial(thumbor.running, self.pictures),
            "ipx": partial(ipx.running, self.pictures),
            "Next": partial(nextjs.running, self.pictures),
        }


FIGURES = ("sets", "transforms", "hits", "edge", "stampede", "takedown", "click", "large")
TABLES = ("behaviour", "inputs")


def encodes(peer: Peer) -> int:
    """How many encodes our origin has counted."""
    return int(sum(float(count) for count in ENCODES.findall(peer.get("/metrics").body)))


def rows(name: str, measure: Callable[[], Iterator[Row]]) -> Iterator[Row]:
    """The rows of one measure, told while they come; what cannot be measured is skipped."""
    try:
        for row in measure():
            print(f"  {row}", file=sys.stderr, flush=True)
            yield row
    except Absent as reason:
        yield Skipped(name, "wetplate", str(reason))


def main() -> None:
    """Measure what was named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench.delivery")
    parser.add_argument("--only", nargs="+", choices=(*FIGURES, *TABLES), default=(*FIGURES, *TABLES))
    chosen = parser.parse_args().only
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is ended then, too
    figures: list[Row] = []
    texts: list[str] = []
    with ExitStack() as ended:
        bench = Bench(ended, _pictures())
        for name in (name for name in FIGURES if name in chosen):
            found = list(rows(name, getattr(bench, name)))
            table.keep(folder() / "figures.json", name, found, os.getloadavg()[0])
            figures += found
        for name in (name for name in TABLES if name in chosen):
            texts.append(getattr(bench, name)())
            table.keep(folder() / "figures.json", name, texts[-1], os.getloadavg()[0])
    print("\n\n".join([*([table.markdown(figures), targets.markdown(figures)] if figures else []), *texts]))


def _pictures() -> Path:
    where = folder() / "pictures"
    transforms.sources(where)
    bad_pictures.lay_out(where)
    large.lay_out(where)
    return where


def _checks(numbers: Iterable[int]) -> dict[str, behaviour.Check]:
    return {str(number): inputs.INPUTS[number] for number in numbers}


if __name__ == "__main__":
    main()
