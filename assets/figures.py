"""What a person wants to see beside a materialisation: counts, a histogram, a link to the pictures.

Pictures go in by link, never embedded: the event log keeps everything for ever, and the link's page is
drawn anew from the catalog each time, so that a withdrawn image disappears from it.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

import dagster as dg
from sqlalchemy import Engine

from wetplate.derivatives.measured import Measured, measured
from wetplate.publication.progress import progress
from wetplate.settings import settings
from wetplate.storage.database import transaction

Figures = dict[str, Any]
MARKS = re.compile(r"[\\`*\[\]<>!|]")


def plain(text: str) -> str:
    """Text of others as it stands, for Markdown: nothing in it is a link, a picture, a tag or a new line."""
    return MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def standing(database: Engine, family: str) -> Figures:
    """Where the family stands now, as metadata."""
    with transaction(database) as session:
        rows = progress(session, [family])
    return {
        name: dg.MetadataValue.int(value)
        for row in rows
        for name, value in vars(row).items()
        if name != "family"
    }


def sheet(family: str, stage: str) -> Figures:
    """Link and picture of the family's contact sheet."""
    url = f"{settings().preview_url}/families/{family}/{stage}.webp"
    return {
        "contact_sheet": dg.MetadataValue.url(url),
        "pictures": dg.MetadataValue.md(f"[![{stage} of {family}]({url})]({url})"),
    }


def looks(database: Engine, family: str, profile: str) -> Figures:
    """What the family's files weigh and how they score: numbers that Dagster plots over time, table, plot."""
    with transaction(database) as session:
        rows = measured(session, family, profile)
    url = f"{settings().preview_url}/families/{family}/scores.png"
    figures: Figures = {
        "bytes_total": dg.MetadataValue.int(sum(row.bytes for row in rows)),
        "sizes_and_scores": sizes_and_scores(rows),
        "score_plot": dg.MetadataValue.url(url),
        "scores": dg.MetadataValue.md(f"[![bytes and scores of {family}]({url})]({url})"),
    }
    scored = sum(row.scored for row in rows)
    if scored:
        total = sum(row.scored * (row.score_mean or 0) for row in rows)
        lowest = min(row.score_lowest for row in rows if row.score_lowest is not None)
        tries = sum(row.scored * (row.tries or 0) for row in rows)
        figures["score_mean"] = dg.MetadataValue.float(round(total / scored, 2))
        figures["score_lowest"] = dg.MetadataValue.float(round(lowest, 2))
        figures["tries_mean"] = dg.MetadataValue.float(round(tries / scored, 2))
    return figures


def sizes_and_scores(rows: Sequence[Measured]) -> dg.MarkdownMetadataValue:
    """A line per width and format; the bar is the mean size."""
    top = max((row.bytes / row.files for row in rows), default=1)
    lines = [
        f"| {row.width} | {row.format} | {row.files} | {row.bytes / row.files:,.0f} "
        f"| {_number(row.score_mean)} | {_number(row.score_lowest)} | {_range(row)} | {_number(row.tries)} "
        f"| {'█' * math.ceil(row.bytes / row.files / top * 20)} |"
        for row in rows
    ]
    head = "| width | format | files | bytes, mean | score, mean | lowest | quality | tries | |"
    return dg.MetadataValue.md("\n".join([head, "|--:|---|--:|--:|--:|--:|---|--:|---|", *lines]))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _range(row: Measured) -> str:
    return "" if row.quality_least is None else f"{row.quality_least}–{row.quality_most}"


def histogram(scores: Sequence[float], *, bins: int = 10) -> dg.MarkdownMetadataValue:
    """Scores between 0 and 1 as a small table of bars."""
    counts = [0] * bins
    for score in filter(math.isfinite, scores):
        counts[min(bins - 1, max(0, int(score * bins)))] += 1
    top = max(counts, default=0) or 1
    rows = [
        f"| {i / bins:.1f}–{(i + 1) / bins:.1f} | {n} | {'█' * math.ceil(n / top * 20)} |"
        for i, n in enumerate(counts)
    ]
    return dg.MetadataValue.md("\n".join(["| score | images | |", "|---|--:|---|", *rows]))
