"""Every number Wetplate counts: names, labels and buckets, in a registry of our own.

Here: declaring. Not here: counting (whoever does the thing counts it), what the catalog knows at scrape time
(`delivery.health.readings`), answering `/metrics` (`delivery.health`).

Rules:
1. Labels are closed: each label's values are listed here, and any other value is counted as `other`. So no
   URL, image, family or message can ever become a series.
2. Counting is cheap: `bound(...)` gives the prepared child, to be kept or asked for again at the price of one
   dict look-up. Labels are given in the order of the declaration.
3. With PROMETHEUS_MULTIPROC_DIR set before the process starts, the numbers of all workers add up (gauges as
   their `multiprocess_mode` says); prometheus-client sees to that.
4. Refusals are counted from zero: small counters show all their series before anything happened, so that a
   rate sees the first event too.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
NAMESPACE = "wetplate"
OTHER = "other"
SHOWN_FROM_ZERO = 40  # series; larger families appear when they are first counted

ROUTES = (
    "derivative",
    "transform",
    "auto",
    "private",
    "manifest",
    "schema",
    "page",
    "client",
    "health",
    "notice",
    "provenance",
    "verify",
)
FORMATS = ("avif", "webp", "jpeg", "png", "c2pa", "json", "html", "javascript", "css", "text")
PICTURES = ("avif", "webp", "jpeg", "png")
STATUS_CLASSES = ("2xx", "3xx", "4xx", "5xx")
CACHES = ("memory", "store")  # the origin's own; edge and shield are counted by Varnish
CACHE_RESULTS = ("hit", "miss", "coalesced")
STAGES = ("queue", "store", "decode", "encode")  # libvips reads, converts and resizes in one pass
TIERS = ("fast", "production")
ERRORS = ("bad_request", "unsupported", "corrupt", "too_large", "timeout", "oom", "busy", "internal")
REJECTIONS = ("queue_full", "rate_limit")
SIGNATURES = ("missing", "bad", "expired", "unknown_key")
TARGETS = ("shield", "varnish", "fastly", "cloudflare", "cloudfront")
PURGES = ("ok", "failed", "retried", "unverified")

#: Half of all cached answers take less than a millisecond, and the median is what is asked for.
LATENCIES = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05),
    *(0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
#: From a tombstone heard over a connection to an edge that had to be asked again after a minute.
TAKEDOWNS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)

Metric = TypeVar("Metric", Counter, Gauge, Histogram)


class Closed(Generic[Metric]):
    """A labelled collector whose labels take only the listed values, or `other`."""

    def __init__(
        self, kind: type[Metric], name: str, says: str, labels: Mapping[str, Sequence[str]], **more: Any
    ) -> None:
        self.labels = _with_other(labels)
        self.collector: Metric = kind(
            name, says, tuple(labels), namespace=NAMESPACE, registry=REGISTRY, **more
        )
        self._children: dict[tuple[str, ...], Metric] = {}
        if kind is Counter and _series(self.labels) <= SHOWN_FROM_ZERO:
            for each in product(*labels.values()):
                self.bound(*each)

    def bound(self, *values: str) -> Metric:
        """The child for these label values, in the order declared; a value that is not listed is `other`."""
        child = self._children.get(values)
        return child if child is not None else self._prepared(values)

    def _prepared(self, values: tuple[str, ...]) -> Metric:
        """Kept under the closed values only: strangers must not fill the memory either."""
        closed = tuple(
            value if value in allowed else OTHER
            for value, allowed in zip(values, self.labels.values(), strict=True)
        )
        child = self._children[closed] = self.collector.labels(*closed)
        return child


def _with_other(labels: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {label: (*listed, OTHER) for label, listed in labels.items()}


def _series(labels: Mapping[str, Sequence[str]]) -> int:
    return prod(map(len, labels.values()))


def _counter(name: str, says: str, **labels: Sequence[str]) -> Closed[Counter]:
    return Closed(Counter, name, says, labels)


def _histogram(name: str, says: str, buckets: Sequence[float], **labels: Sequence[str]) -> Closed[Histogram]:
    return Closed(Histogram, name, says, labels, buckets=buckets)


def _gauge(name: str, says: str, mode: Any) -> Gauge:
    return Gauge(name, says, namespace=NAMESPACE, registry=REGISTRY, multiprocess_mode=mode)


def status_class(status: int) -> str:
    """`2xx` for 206."""
    return f"{status // 100}xx"


# What was asked and answered
REQUESTS = _counter(
    "requests_total", "Requests answered.", route=ROUTES, format=FORMATS, status_class=STATUS_CLASSES
)
RESPONSE_BYTES = _counter("response_bytes_total", "Bytes of bodies sent.", format=FORMATS)
REQUEST_SECONDS = _histogram(
    "request_duration_seconds", "From request to last byte handed over.", LATENCIES,
    route=ROUTES, format=FORMATS,
)  # fmt: skip
CACHE_REQUESTS = _counter(
    "cache_requests_total", "Look-ups in a cache and how they ended.", tier=CACHES, result=CACHE_RESULTS
)
CACHE_EVICTIONS = _counter("cache_evictions_total", "Entries dropped for want of room.", tier=CACHES)
CACHE_BYTES = Closed(
    Gauge, "cache_size_bytes", "Bytes a cache holds.", {"tier": CACHES}, multiprocess_mode="livesum"
)
SOURCE_SECONDS = Histogram(
    "source_fetch_seconds", "Reading one object from the store.",
    namespace=NAMESPACE, registry=REGISTRY, buckets=LATENCIES,
)  # fmt: skip
STORE_UNFAITHFUL = _counter(
    "store_unfaithful_total",
    "Files that the store lost or altered, asked for.",
    reason=("missing", "altered"),
)
SIGNATURE_FAILURES = _counter("signature_failures_total", "Signed URLs refused.", reason=SIGNATURES)

# Transforms on demand
TRANSFORM_SECONDS = _histogram(
    "transform_duration_seconds", "One stage of one transform.", LATENCIES,
    stage=STAGES, format=PICTURES, tier=TIERS,
)  # fmt: skip
TRANSFORM_ERRORS = _counter("transform_errors_total", "Transforms that failed.", reason=ERRORS)
TRANSFORM_REJECTED = _counter(
    "transform_rejected_total", "Transforms refused before any work.", reason=REJECTIONS
)
QUEUE_LENGTH = _gauge("transform_queue_length", "Transforms that wait for a worker.", "livesum")
IN_PROGRESS = _gauge("transform_in_progress", "Transforms that workers are making.", "livesum")
WORKERS = _gauge("transform_workers", "Transform workers alive.", "livesum")
WAITERS = _gauge("coalesced_waiters", "Requests that wait for another request's transform.", "livesum")
PEAK_MEMORY = _gauge("transform_peak_memory_bytes", "Most memory any one worker has held.", "max")

# Taking back
INVALIDATIONS = _counter("invalidations_total", "Purges sent to a cache.", target=TARGETS, result=PURGES)
TAKEDOWN_SECONDS = Histogram(
    "takedown_to_unservable_seconds", "From the withdrawal's commit until this process answers 410.",
    namespace=NAMESPACE, registry=REGISTRY, buckets=TAKEDOWNS,
)  # fmt: skip
NEWS_HEARD = _gauge(
    "news_heard_timestamp_seconds", "When the outbox was last known to be read to its end.", "livemin"
)


class Answers:
    """The children that one kind of answer counts on, prepared once."""

    __slots__ = ("_bytes", "_requests", "_seconds")

    def __init__(self, route: str, format: str, status: str) -> None:
        REQUESTS.bound(route, format, "5xx")  # at zero, so that the first failure is seen as one
        self._requests = REQUESTS.bound(route, format, status)
        self._bytes = RESPONSE_BYTES.bound(format)
        self._seconds = REQUEST_SECONDS.bound(route, format)

    def count(self, size: int, seconds: float) -> None:
        """One answer with a body of this size."""
        self._requests.inc()
        self._bytes.inc(size)
        self._seconds.observe(seconds)


def answers(route: str, format: str, status: int) -> Answers:
    """The prepared counters of an answer; keep them where the kind of answer is known beforehand."""
    asked = (
        route if route in ROUTES else OTHER,
        format if format in FORMATS else OTHER,
        status_class(status),
    )
    known = _ANSWERS.get(asked)
    if known is None:
        known = _ANSWERS[asked] = Answers(*asked)
    return known


_ANSWERS: dict[tuple[str, str, str], Answers] = {}
