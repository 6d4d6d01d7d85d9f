"""The questions the catalog is asked for its numbers, and how rows become metric families.

Here: SQL and the shape of its answers, both pure. Not here: when they are asked (`catalog`), names and labels
(`readings`).

Rules:
1. A label value that is not on the closed list is added to `other`; small families show their zeros.
2. What must be seen at once (PRESSING) is answered from small tables or partial indexes; what counts whole
   tables (WHOLE) may be asked every two minutes: 1.4 s for 100,000 images with 12 files each.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from wetplate.delivery.health import readings
from wetplate.delivery.health.readings import Reading
from wetplate.metrics import OTHER, SHOWN_FROM_ZERO
from wetplate.moderation.sampling import DRAWN, Audit
from wetplate.storage.outbox import HANDLED

Rows = Iterable[Sequence[Any]]


@dataclass(frozen=True, eq=False)
class Question:
    """SQL, what it is given, and how its rows are told."""

    sql: str
    tell: Callable[[Rows], Iterator[Metric]]
    given: dict[str, object] = field(default_factory=dict)


def by_label(reading: Reading) -> Callable[[Rows], Iterator[Metric]]:
    """Rows of label values and a number."""

    def tell(rows: Rows) -> Iterator[Metric]:
        totals: dict[tuple[str, ...], float] = defaultdict(float, dict.fromkeys(_shown(reading), 0.0))
        for *values, number in rows:
            totals[_closed(reading, values)] += number
        kind = CounterMetricFamily if reading.kind == "counter" else GaugeMetricFamily
        family = kind(reading.full_name, reading.says, labels=tuple(reading.labels))
        for labels, total in totals.items():
            family.add_metric(labels, total)
        yield family

    return tell


def by_column(*asked: Reading) -> Callable[[Rows], Iterator[Metric]]:
    """One row, a number for each of these."""

    def tell(rows: Rows) -> Iterator[Metric]:
        for row in rows:
            for reading, number in zip(asked, row, strict=True):
                yield GaugeMetricFamily(reading.full_name, reading.says, number)

    return tell


def by_bucket(reading: Reading) -> Callable[[Rows], Iterator[Metric]]:
    """Rows of label values, how many bounds lie at or above, how many values, and their sum."""

    def tell(rows: Rows) -> Iterator[Metric]:
        counts: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0.0] * (len(reading.buckets) + 1))
        sums: dict[tuple[str, ...], float] = defaultdict(float)
        for *values, above, number, total in rows:
            counts[_closed(reading, values)][len(reading.buckets) - above] += number
            sums[_closed(reading, values)] += total
        family = HistogramMetricFamily(reading.full_name, reading.says, labels=tuple(reading.labels))
        for labels, found in counts.items():
            family.add_metric(labels, list(_cumulated(reading.buckets, found)), sums[labels])
        yield family

    return tell


def by_audit(rows: Rows) -> Iterator[Metric]:
    """One row: how many audit samples were drawn, decided, and rejected. No estimate before a decision."""
    for drawn, decided, rejected in rows:
        found = Audit(drawn, decided, rejected)
        told = {"low": found.interval[0], "high": found.interval[1], "estimate": found.share}
        known = [(bound, share) for bound, share in told.items() if share is not None]
        samples = [("decided", decided), ("waiting", drawn - decided)]
        yield from _gauge(readings.FALSE_APPROVALS, known)
        yield from _gauge(readings.AUDIT_SAMPLES, samples)


def _gauge(reading: Reading, values: Iterable[tuple[str, float]]) -> Iterator[Metric]:
    family = GaugeMetricFamily(reading.full_name, reading.says, labels=tuple(reading.labels))
    for label, value in values:
        family.add_metric([label], value)
    yield family


def _cumulated(bounds: Sequence[float], found: Sequence[float]) -> Iterator[tuple[str, float]]:
    running = 0.0
    for bound, number in zip((*map(str, map(float, bounds)), "+Inf"), found, strict=True):
        running += number
        yield bound, running


def _closed(reading: Reading, values: Sequence[object]) -> tuple[str, ...]:
    told = zip(map(str, values), reading.labels.values(), strict=True)
    return tuple(value if value in listed else OTHER for value, listed in told)


def _shown(reading: Reading) -> Iterable[tuple[str, ...]]:
    small = prod(map(len, reading.labels.values())) <= SHOWN_FROM_ZERO
    return product(*reading.labels.values()) if small else ()


def _bounds(reading: Reading) -> dict[str, object]:
    """Negated, because `width_bucket` counts a value equal to a bound above it, and Prometheus below."""
    return {"bounds": sorted(-bound for bound in reading.buckets)}


REVIEW = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(v.at)), 0)::float8
FROM verdicts v JOIN recipes r ON r.id = v.stream AND r.current
JOIN paintings p ON p.recipe_id = v.stream AND p.sha256 = v.object_sha256
WHERE v.verdict = 'review'
    AND NOT EXISTS (SELECT FROM verdicts l WHERE l.stream = v.stream AND l.position > v.position)
"""

TASKS = "SELECT queue, count(*) FROM tasks WHERE closed_at IS NULL GROUP BY 1"

TASKS_OVERDUE = "SELECT queue, count(*) FROM tasks WHERE closed_at IS NULL AND due_at < now() GROUP BY 1"

TASKS_OLDEST = """
SELECT queue, extract(epoch FROM now() - min(at))::float8 FROM tasks WHERE closed_at IS NULL GROUP BY 1
"""

REVIEWED = "SELECT decision, count(*) FROM decisions GROUP BY 1"

OVERTURNED = """
SELECT split_part(details ->> 'overturns', ':', 1), count(*) FROM decisions
WHERE details ? 'overturns' GROUP BY 1
"""

LAPSED = "SELECT coalesce(sum(lapses), 0) FROM tasks"

FIRST_DECISION = """
WITH decided AS (
    SELECT extract(epoch FROM d.at - t.at)::float8 AS seconds FROM decisions d JOIN tasks t ON t.id = d.task
)
SELECT width_bucket(-seconds, CAST(:bounds AS float8[])), count(*), sum(seconds) FROM decided GROUP BY 1
"""

OUTBOX = "SELECT topic, count(*) FROM outbox WHERE handled_at IS NULL AND topic = ANY(:topics) GROUP BY 1"

#: A takedown is open until the store has lost the files and every cache was seen to refuse them.
TAKEDOWNS = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(at)), 0)::float8 FROM outbox
WHERE topic = 'image.withdrawn' AND id IN (
    SELECT id FROM outbox WHERE handled_at IS NULL
    UNION SELECT event_id FROM purges WHERE settled_at IS NULL AND verified_at IS NULL
)
"""

#: A cache is called by its kind and where it is; the kind is counted.
PURGES = """
SELECT split_part(target, ' ', 1), count(*) FROM purges
WHERE settled_at IS NULL AND verified_at IS NULL GROUP BY 1
"""

VERIFIED = """
WITH verified AS (
    SELECT extract(epoch FROM max(p.verified_at) - e.at)::float8 AS seconds
    FROM purges p JOIN outbox e ON e.id = p.event_id WHERE e.topic = 'image.withdrawn'
    GROUP BY e.id HAVING count(*) = count(p.verified_at)
)
SELECT width_bucket(-seconds, CAST(:bounds AS float8[])), count(*), sum(seconds) FROM verified GROUP BY 1
"""

NOTICES = "SELECT kind, state, count(*) FROM notices WHERE closed_at IS NULL GROUP BY 1, 2"

OVERDUE = "SELECT kind, count(*) FROM notices WHERE closed_at IS NULL AND due_at < now() GROUP BY 1"

UNSERVABLE = """
WITH verified AS (
    SELECT (details ->> 'seconds')::float8 AS seconds FROM notice_events
    WHERE event = 'verify' AND (details ->> 'images')::int > 0
)
SELECT width_bucket(-seconds, CAST(:bounds AS float8[])), count(*), sum(seconds) FROM verified GROUP BY 1
"""

BUDGET = """
WITH today AS (
    SELECT b.images, b.device_ms / 1000.0 AS seconds, f.definition -> 'budget' AS allowed
    FROM budgets b JOIN families f ON f.slug = b.family WHERE b.day = (now() AT TIME ZONE 'UTC')::date
)
SELECT 'images', coalesce(max(images / nullif((allowed ->> 'images_per_day')::float8, 0)), 0) FROM today
UNION ALL
SELECT 'device_seconds',
    coalesce(max(seconds / nullif((allowed ->> 'device_seconds_per_day')::float8, 0)), 0) FROM today
"""

IMAGES = """
SELECT coalesce(u.state, 'draft'), count(*)
FROM canonical_images c LEFT JOIN publications u ON u.canonical_id = c.id GROUP BY 1
"""

VERDICTS = "SELECT verdict, count(*) FROM verdicts GROUP BY 1"

MADE = "SELECT format, width, count(*) FROM derivatives GROUP BY 1, 2"

KEPT = "SELECT tier, sum(bytes) FROM transforms WHERE withdrawn_at IS NULL GROUP BY 1"

CARRIED = """
SELECT credentials, count(*) FROM derivatives WHERE withdrawn_at IS NULL GROUP BY 1
UNION ALL SELECT credentials, count(*) FROM transforms
WHERE withdrawn_at IS NULL AND superseded_at IS NULL GROUP BY 1
"""

IN_FORCE = """
SELECT format, width, bytes, score FROM derivatives WHERE withdrawn_at IS NULL
UNION ALL SELECT format, width, bytes, score FROM transforms
WHERE withdrawn_at IS NULL AND superseded_at IS NULL
"""

SIZES = f"""
SELECT format, width, width_bucket(-bytes::float8, CAST(:bounds AS float8[])), count(*), sum(bytes)
FROM ({IN_FORCE}) AS stands GROUP BY 1, 2, 3
"""

SCORES = f"""
SELECT format, width_bucket(-score, CAST(:bounds AS float8[])), count(*), sum(score)
FROM ({IN_FORCE}) AS stands WHERE score IS NOT NULL GROUP BY 1, 2
"""

PRESSING = (
    Question(REVIEW, by_column(readings.REVIEW_WAITING, readings.REVIEW_OLDEST)),
    Question(TASKS, by_label(readings.TASKS)),
    Question(TASKS_OVERDUE, by_label(readings.TASKS_OVERDUE)),
    Question(TASKS_OLDEST, by_label(readings.TASKS_OLDEST)),
    Question(OUTBOX, by_label(readings.OUTBOX_PENDING), {"topics": list(HANDLED)}),
    Question(TAKEDOWNS, by_column(readings.TAKEDOWN_PENDING, readings.TAKEDOWN_OLDEST)),
    Question(PURGES, by_label(readings.PURGES_PENDING)),
    Question(NOTICES, by_label(readings.NOTICES)),
    Question(OVERDUE, by_label(readings.NOTICES_OVERDUE)),
    Question(BUDGET, by_label(readings.BUDGET)),
)

WHOLE = (
    Question(IMAGES, by_label(readings.IMAGES)),
    Question(VERDICTS, by_label(readings.VERDICTS)),
    Question(DRAWN, by_audit, {"family": None}),
    Question(REVIEWED, by_label(readings.REVIEWED)),
    Question(OVERTURNED, by_label(readings.OVERTURNED)),
    Question(LAPSED, by_label(readings.LAPSED)),
    Question(FIRST_DECISION, by_bucket(readings.FIRST_DECISION), _bounds(readings.FIRST_DECISION)),
    Question(VERIFIED, by_bucket(readings.TAKEDOWN_VERIFIED), _bounds(readings.TAKEDOWN_VERIFIED)),
    Question(UNSERVABLE, by_bucket(readings.NOTICE_SECONDS), _bounds(readings.NOTICE_SECONDS)),
    Question(MADE, by_label(readings.MADE)),
    Question(KEPT, by_label(readings.KEPT_TRANSFORMS)),
    Question(CARRIED, by_label(readings.CREDENTIALS)),
    Question(SIZES, by_bucket(readings.MADE_BYTES), _bounds(readings.MADE_BYTES)),
    Question(SCORES, by_bucket(readings.MADE_SCORES), _bounds(readings.MADE_SCORES)),
)
