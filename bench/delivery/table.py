"""What a run found, as one Markdown table and as JSON.

Rows of one measure stand together; the ratio is against ours, the first subject of the measure.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

HEAD = "| measure | who | CPU ms | CPU ÷ ours | wall or p50 ms | p99 ms | per s | more |"
RULE = "|---|---|--:|--:|--:|--:|--:|---|"


@dataclass(frozen=True)
class Figure:
    """One line: CPU milliseconds of a set or request, latency, rate, and what else was seen."""

    measure: str
    who: str
    cpu: float | None = None
    p50: float | None = None
    p99: float | None = None
    rate: float | None = None
    values: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Skipped:
    """What was not measured, and why."""

    measure: str
    who: str
    reason: str


Row = Figure | Skipped


def markdown(rows: Iterable[Row]) -> str:
    """The table, and below it what was skipped."""
    rows = list(rows)
    figures = [row for row in rows if isinstance(row, Figure)]
    lines = [HEAD, RULE]
    for _, group in groupby(figures, lambda figure: figure.measure):
        same = list(group)
        lines += [_line(figure, same[0], first=figure is same[0]) for figure in same]
    skipped = [
        f"- skipped: {row.measure}, {row.who}: {row.reason}" for row in rows if isinstance(row, Skipped)
    ]
    return "\n".join([*lines, *(["", *skipped] if skipped else [])])


def keep(path: Path, name: str, found: Sequence[Row] | str, load: float) -> None:
    """Write what one measure found as JSON, beside what others found in this run or before."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    rows = found if isinstance(found, str) else [asdict(row) for row in found]
    kept[name] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "load": load, "found": rows}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False))


def _line(figure: Figure, ours: Figure, *, first: bool) -> str:
    ratio = f"{figure.cpu / ours.cpu:.1f} ×" if figure.cpu and ours.cpu else ""
    cells = [_number(number) for number in (figure.cpu, figure.p50, figure.p99, figure.rate)]
    more = ", ".join(f"{name} {value}" for name, value in figure.values.items())
    words = [figure.measure if first else "", figure.who, cells[0], ratio, *cells[1:], more]
    return f"| {' | '.join(words)} |"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"
