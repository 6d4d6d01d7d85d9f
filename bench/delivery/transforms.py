"""An uncached transform: a 1024 px PNG to 640 px AVIF, pictures that no cache has seen, four clients at once.

Each server at its own defaults, thumbor and ipx once more at the encoder speed of ours (9) and at a quality
that gives our score, so that a preset is not mistaken for a server. Bytes and score stand beside.
"""

import io
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from bench.delivery import pictures
from bench.delivery.compared import Opened
from bench.delivery.installing import Absent
from bench.delivery.load import each, median
from bench.delivery.table import Figure, Row, Skipped
from bench.delivery.wire import Answer
from wetplate.imaging.ssimulacra2 import Reference

ROW = "uncached 1024 px PNG → 640 px AVIF, per request"
WIDTH, RUNS, A_RUN = 640, 3, 12
#: One to warm up, then a fresh dozen for each run.
COUNT = 1 + RUNS * A_RUN


def measure(servers: Mapping[str, tuple[Opened, int | None]], sources: Sequence[Path]) -> Iterator[Row]:
    """A figure for each server, at the quality beside it; None is its own."""
    for name, (opened, quality) in servers.items():
        try:
            yield _figure(name, opened, quality, sources[:COUNT])
        except Absent as reason:
            yield Skipped(ROW, name, str(reason))


def _figure(name: str, opened: Opened, quality: int | None, sources: Sequence[Path]) -> Figure:
    loads, files = [], []
    with opened() as peer:
        template = peer.spelling.quality if quality else peer.spelling.plain
        peer.ask(picture=sources[0].name)
        for start in range(1, COUNT, A_RUN):
            run = sources[start : start + A_RUN]
            paths = [peer.path(template, picture=one.name, width=WIDTH, quality=quality) for one in run]
            load, answers = each(peer.server, paths)
            loads.append(load)
            files += list(zip(run, answers, strict=True))
    load = median(loads)
    scores = [_score(source, answer) for source, answer in files]
    values = {
        "KB": round(statistics.mean(len(answer.body) for _, answer in files) / 1000, 1),
        "score": round(statistics.mean(scores), 1),
        "load": round(load.average, 1),
    }
    return Figure(ROW, name, load.cpu, load.p50, load.p99, load.rate, values)


def _score(source: Path, answer: Answer) -> float:
    """SSIMULACRA2 of the answer against a careful resampling of its source."""
    small = Image.open(source).convert("RGB").resize((WIDTH, WIDTH), Image.Resampling.LANCZOS)
    return Reference(np.asarray(small)).score(np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB")))


def sources(folder: Path) -> list[Path]:
    """The pictures every server gets."""
    return pictures.lay_out(folder, COUNT)
