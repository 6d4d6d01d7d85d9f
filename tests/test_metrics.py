"""Every number we count: closed labels, cheap counting, lists that agree with the house."""

import subprocess
import sys
import time
from collections.abc import Iterator

import prometheus_client
import pytest
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from wetplate import metrics
from wetplate.delivery.purging import targets
from wetplate.delivery.transforms.service import Rendered
from wetplate.derivatives import transform
from wetplate.metrics import OTHER, REGISTRY, Closed
from wetplate.settings import ROOT

CLOSED = [value for value in vars(metrics).values() if isinstance(value, Closed)]
STRANGERS = ("/images/" + "ab" * 32, "boots", "", "MEMORY", "hit ", "x" * 10_000, "\ud800")


def collectors() -> Iterator[MetricWrapperBase]:
    for collector in REGISTRY._collector_to_names:
        assert isinstance(collector, MetricWrapperBase)
        yield collector


def test_every_collector_is_ours_and_has_our_prefix() -> None:
    found = list(collectors())
    assert len(found) >= 18
    assert all(name.startswith("wetplate_") for each in found for name in REGISTRY._get_names(each))
    theirs = [name for name in prometheus_client.REGISTRY._names_to_collectors if "wetplate" in name]
    assert not theirs


def test_every_label_is_closed() -> None:
    """What has labels is a Closed, so that nobody can count past the lists."""
    labelled = {each for each in collectors() if each._labelnames}
    assert labelled == {each.collector for each in CLOSED}
    for each in CLOSED:
        assert all(OTHER in listed and len(set(listed)) == len(listed) for listed in each.labels.values())


@pytest.mark.parametrize("family", CLOSED, ids=lambda family: family.collector._name)
@pytest.mark.parametrize("stranger", STRANGERS, ids=range(len(STRANGERS)))
def test_a_stranger_is_counted_as_other(family: Closed[Counter], stranger: str) -> None:
    child = family.bound(*[stranger] * len(family.labels))
    assert child is family.bound(*[OTHER] * len(family.labels))
    for kept in (family._children, family.collector._metrics):
        for values in kept:
            assert all(v in listed for v, listed in zip(values, family.labels.values(), strict=True))


def test_as_many_values_as_labels() -> None:
    with pytest.raises(ValueError, match="zip"):
        metrics.REQUESTS.bound("derivative", "avif")


def test_refusals_are_shown_before_the_first() -> None:
    shown = {sample.labels["reason"] for sample in metrics.SIGNATURE_FAILURES.collector.collect()[0].samples}
    assert shown >= set(metrics.SIGNATURES)
    metrics.answers("schema", "json", 200)
    failed = {"route": "schema", "format": "json", "status_class": "5xx"}
    assert REGISTRY.get_sample_value("wetplate_requests_total", failed) == 0


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_an_answer_counts_as_request_bytes_and_time() -> None:
    kind = {"route": "derivative", "format": "avif"}
    names = {
        "wetplate_requests_total": {**kind, "status_class": "2xx"},
        "wetplate_response_bytes_total": {"format": "avif"},
        "wetplate_request_duration_seconds_count": kind,
        "wetplate_request_duration_seconds_sum": kind,
    }
    before = [value(name, **labels) for name, labels in names.items()]
    metrics.answers("derivative", "avif", 206).count(1000, 0.25)
    after = [value(name, **labels) for name, labels in names.items()]
    assert [b - a for a, b in zip(before, after, strict=True)] == pytest.approx([1, 1000, 1, 0.25])
    assert metrics.answers("derivative", "avif", 200) is metrics.answers("derivative", "avif", 206)
    assert metrics.answers("/etc", "../x", 200) is metrics.answers(OTHER, OTHER, 200)


def test_counting_one_answer_costs_microseconds() -> None:
    """The whole cached hit may take 50; the best of several rounds, because the machine is shared."""
    counted, rounds = metrics.answers("derivative", "webp", 200), []
    for _ in range(7):
        began = time.process_time()
        for _ in range(500):
            counted.count(45_000, 0.0002)
            metrics.CACHE_REQUESTS.bound("memory", "hit").inc()
        rounds.append((time.process_time() - began) / 500)
    assert min(rounds) < 15e-6


def test_half_of_the_buckets_lie_below_fifty_milliseconds() -> None:
    assert sum(bound < 0.05 for bound in metrics.LATENCIES) >= len(metrics.LATENCIES) / 2
    for bounds in (metrics.LATENCIES, metrics.TAKEDOWNS):
        assert list(bounds) == sorted(set(bounds))


def test_importing_is_cheap_and_touches_nothing_global() -> None:
    code = (
        "import time, sys; import prometheus_client;"
        "before = set(prometheus_client.REGISTRY._names_to_collectors); began = time.process_time();"
        "import wetplate.metrics; seconds = time.process_time() - began;"
        "print(seconds, before == set(prometheus_client.REGISTRY._names_to_collectors),"
        "      sorted({'sqlalchemy', 'starlette', 'numpy'} & set(sys.modules)))"
    )
    line = [sys.executable, "-c", code]
    out = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    seconds, untouched, heavy = out.split(" ", 2)
    assert float(seconds) < 0.05
    assert (untouched, heavy.strip()) == ("True", "[]")


def test_the_lists_agree_with_the_house() -> None:
    assert set(transform.FORMATS) == set(metrics.PICTURES)
    assert set(targets._OPENERS) == set(metrics.TARGETS)
    assert set(Rendered.__annotations__["tier"].__args__) == set(metrics.TIERS)
    assert set(Rendered.__annotations__["cache"].__args__) <= set(metrics.CACHE_RESULTS)


def test_kinds_are_counters_gauges_and_histograms_only() -> None:
    assert {type(each) for each in collectors()} == {Counter, Gauge, Histogram}
