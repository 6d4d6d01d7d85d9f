"""What delivery set out to reach, and whether a run's figures reach it. Pure.

A target names the figures it needs; one that was not measured in this run is left out.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bench.delivery import edges, hits, large, sets, stampede, takedowns, transforms
from bench.delivery.table import Figure, Row

FAST, PRODUCTION = "wetplate, fast tier", "wetplate, production tier"
SHARP, PILLOW = "sharp, fast (effort 1)", "Pillow, its defaults"


@dataclass(frozen=True)
class Target:
    """`least` and `most` bound what `found` makes of figures, given in the order of `whose`."""

    words: str
    measure: str
    whose: tuple[str, ...]
    found: Callable[..., float]
    least: float = float("-inf")
    most: float = float("inf")


TARGETS = (
    Target("a set, fast tier: at most 300 ms CPU", sets.ROW, (FAST,), lambda a: a.cpu, most=300),
    Target("… at least 1.5 × faster than sharp fast", sets.ROW, (FAST, SHARP),
           lambda a, b: b.cpu / a.cpu, 1.5),
    Target("… in at most 1.05 × its bytes", sets.ROW, (FAST, SHARP),
           lambda a, b: _value(a, "all KB") / _value(b, "all KB"), most=1.05),
    Target("a set, production tier: at most 1.0 × Pillow's CPU", sets.ROW, (PRODUCTION, PILLOW),
           lambda a, b: a.cpu / b.cpu, most=1.0),
    Target("… and of its AVIF bytes", sets.ROW, (PRODUCTION, PILLOW),
           lambda a, b: _value(a, "avif KB") / _value(b, "avif KB"), most=1.0),
    Target("uncached: at most 45 ms CPU", transforms.ROW, ("wetplate",), lambda a: a.cpu, most=45),
    Target("… at least 2.5 × faster than thumbor", transforms.ROW, ("wetplate", "thumbor, its defaults"),
           lambda a, b: b.cpu / a.cpu, 2.5),
    Target("… at least 20 × faster than ipx", transforms.ROW, ("wetplate", "ipx, its defaults"),
           lambda a, b: b.cpu / a.cpu, 20),
    Target("cached hit: at most 0.05 ms CPU", hits.ROW, (hits.PUBLISHED,), lambda a: a.cpu, most=0.05),
    Target("… at least 8 × faster than thumbor's result storage", hits.ROW,
           (hits.PUBLISHED, "thumbor, result storage"), lambda a, b: b.cpu / a.cpu, 8),
    Target("edge hit: at most 1.05 × a bare Varnish's CPU", edges.ROW, (edges.OURS, edges.BARE),
           lambda a, b: a.cpu / b.cpu, most=1.05),
    Target("60 cold requests: one encode", stampede.ROW, ("wetplate",),
           lambda a: _value(a, "encodes counted"), 1, 1),
    Target("takedown, origin: under 50 ms", takedowns.ROW, ("wetplate, origin",), lambda a: a.p50, most=50),
    Target("takedown, edge: under 50 ms", takedowns.ROW, ("wetplate, edge",), lambda a: a.p50, most=50),
    Target("takedown, from the click: under 1 s", takedowns.CLICK, ("wetplate, edge",),
           lambda a: a.p50, most=1_000),
    Target("60 megapixels: at most 150 MB", large.ROW, ("wetplate",),
           lambda a: _value(a, "peak MB"), most=150),
)  # fmt: skip


def markdown(rows: Iterable[Row]) -> str:
    """A line for each target whose figures are there."""
    lines = [
        "| target | found | |",
        "|---|--:|---|",
        *_lines([row for row in rows if isinstance(row, Figure)]),
    ]
    return "\n".join(lines)


def _lines(figures: list[Figure]) -> Iterator[str]:
    there = {(figure.measure, figure.who): figure for figure in figures}
    for target in TARGETS:
        needed = [there.get((target.measure, who)) for who in target.whose]
        if all(needed):
            found = target.found(*needed)
            reached = target.least <= found <= target.most
            yield f"| {target.words} | {found:.3g} | {'reached' if reached else '**missed**'} |"


def _value(figure: Figure, name: str) -> float:
    return float(figure.values[name])
