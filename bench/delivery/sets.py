"""A derivative set: 12 files of a 1024 px picture, each at SSIMULACRA2 75 ± 1, ours beside sharp and Pillow.

Speed presets trade bytes for time, so nothing compares before quality is equal: for every stack, picture
and file the quality number is searched whose score is nearest to the target. Then all stacks are timed in
turn, so that what else the machine does weighs on all of them.
"""

import io
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from PIL import Image

from bench.delivery import ours, pictures
from bench.delivery.installing import Absent
from bench.delivery.peers import sharp
from bench.delivery.stacks import Made, Plan, Stack, here, pillow
from bench.delivery.table import Figure, Row, Skipped
from wetplate.imaging.pixels import Pixels
from wetplate.imaging.ssimulacra2 import SCORER, Reference

ROW = f"12 files of a 1024 px picture at SSIMULACRA2 75 ({SCORER})"
TARGET = 75.0
WIDTHS = (320, 640, 768, 1024)
FORMATS = ("avif", "webp", "jpeg")
START = {"avif": 60, "webp": 78, "jpeg": 74}
SLOPE = 1.2  # steps of quality a point of score
NEAR = 0.25
ROUNDS = 3
References = Mapping[int, Reference]


@dataclass
class Entry:
    """One stack on one picture: its plan, and what its rounds made."""

    stack: Stack
    png: bytes
    references: References
    plan: Plan
    rounds: list[Made] = field(default_factory=list)

    def run(self) -> None:
        """One more round."""
        self.rounds.append(self.stack.make(self.png, self.plan))

    def scores(self) -> list[float]:
        """The score of each file."""
        files = self.rounds[0].files.items()
        return [self.references[width].score(_pixels(body)) for (width, _), body in files]


def measure() -> Iterator[Row]:
    """A figure for each stack, the mean over the kinds of pictures."""
    with ExitStack() as ended:
        stacks = [here(name, make) for name, make in ours.TIERS.items()]
        stacks.append(here("Pillow, its defaults", pillow))
        try:
            efforts = {
                "sharp, its defaults": None,
                "sharp, fast (effort 1)": 1,
                "sharp, fastest (effort 0)": 0,
            }
            stacks += ended.enter_context(sharp.running(efforts))
        except Absent as reason:
            yield Skipped(ROW, "sharp", str(reason))
        entries = [_entry(stack, kind) for kind in pictures.KINDS for stack in stacks]
        for _ in range(ROUNDS):
            for entry in entries:
                entry.run()
        for stack in stacks:
            yield _figure(stack.name, [entry for entry in entries if entry.stack is stack])


class Search:
    """Looks for the quality of 1..100 whose score is nearest to the target; scores rise with quality."""

    def __init__(self, start: int) -> None:
        self.quality, self._low, self._high = start, 1, 100
        self._seen: dict[int, float] = {}

    @property
    def over(self) -> bool:
        """Near enough, or nothing is left to try."""
        return self._low > self._high or any(abs(score - TARGET) < NEAR for score in self._seen.values())

    @property
    def found(self) -> int:
        """The best that was tried."""
        return min(self._seen, key=lambda quality: abs(self._seen[quality] - TARGET))

    def hear(self, score: float) -> None:
        """Note what `quality` scored, and choose the next."""
        self._seen[self.quality] = score
        if score < TARGET:
            self._low = self.quality + 1
        else:
            self._high = self.quality - 1
        self.quality = min(max(self.quality + round(SLOPE * (TARGET - score)), self._low), self._high)


def _entry(stack: Stack, kind: str) -> Entry:
    """The stack's plan for a picture, all qualities searched at once."""
    png, references = pictures.png(kind), _references(kind)
    searches = {(width, format): Search(START[format]) for width in WIDTHS for format in FORMATS}
    while rest := {key: search.quality for key, search in searches.items() if not search.over}:
        for key, body in stack.make(png, rest).files.items():
            searches[key].hear(references[key[0]].score(_pixels(body)))
    return Entry(stack, png, references, {key: search.found for key, search in searches.items()})


@cache
def _references(kind: str) -> References:
    """What a file of each width is judged against: one resampling for all stacks."""
    source = Image.fromarray(pictures.KINDS[kind](0))
    sizes = {width: source.resize((width, width), Image.Resampling.LANCZOS) for width in WIDTHS}
    return {width: Reference(np.asarray(size)) for width, size in sizes.items()}


def _figure(name: str, entries: Sequence[Entry]) -> Figure:
    scores = [score for entry in entries for score in entry.scores()]
    size = {format: statistics.mean(_bytes(entry, format) for entry in entries) for format in FORMATS}
    kilobytes = {f"{format} KB": round(size[format] / 1000, 1) for format in FORMATS}
    all_of_them = {"all KB": round(sum(size.values()) / 1000, 1)}
    seen = {"score": f"{statistics.mean(scores):.1f} ({min(scores):.1f} to {max(scores):.1f})"}
    return Figure(
        ROW,
        name,
        cpu=statistics.mean(statistics.median(made.cpu for made in entry.rounds) for entry in entries),
        p50=statistics.mean(statistics.median(made.wall for made in entry.rounds) for entry in entries),
        values={**kilobytes, **all_of_them, **seen},
    )


def _pixels(body: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))


def _bytes(entry: Entry, format: str) -> int:
    return sum(len(body) for (_, kind), body in entry.rounds[0].files.items() if kind == format)
