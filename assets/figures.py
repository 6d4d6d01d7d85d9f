"""What a person wants to see beside a materialisation: counts, a histogram, a link to the pictures.

Pictures go in by link, never embedded: the event log keeps everything for ever, and the link's page is
drawn anew from the catalog each time, so that a withdrawn image disappears from it.
"""

import math
from collections.abc import Sequence
from typing import Any

import dagster as dg
from sqlalchemy import Engine

from wetplate.publication.progress import progress
from wetplate.settings import settings
from wetplate.storage.database import transaction

Figures = dict[str, Any]


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
