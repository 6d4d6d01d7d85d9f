"""Figures of a visit: of nothing they are None, never 0."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.delivery.probe.exchange import Expected, Got, Kind
from wetplate.delivery.probe.report import Report, Visit, quantile


def visit(tier: str, seconds: float, size: int = 100, format: str = "avif", status: int = 200) -> Visit:
    said = {"memory": "wetplate; hit", "made": "wetplate; fwd=miss", "": ""}[tier]
    headers = {"content-type": f"image/{format}", **({"cache-status": said} if said else {})}
    got = Got(status, headers, b"x" * size, seconds)
    return Visit(Expected("/images/a/b", Kind.DERIVATIVE), got, ())


def test_figures() -> None:
    report = Report(
        "http://x",
        "boots",
        [
            visit("made", 0.040, 300),
            visit("memory", 0.001, 300),
            visit("memory", 0.002, 100, "webp"),
            visit("memory", 9.0, status=404),
        ],
    )
    assert report.hit_ratio == pytest.approx(2 / 3)
    assert report.tiers == {"memory": 2, "made": 1}
    assert report.milliseconds(warm=True) == {"p50": 1.0, "p95": 2.0, "p99": 2.0}
    assert report.milliseconds(warm=False) == {"p50": 40.0, "p95": 40.0, "p99": 40.0}
    assert report.bytes_by_format == {"avif": 300.0, "webp": 100.0}
    assert json.loads(json.dumps(report.told()))["requests"] == 4


def test_of_nothing_there_is_no_figure() -> None:
    report = Report("http://x", "boots", ())
    assert not report.reached
    assert report.hit_ratio is None
    assert set(report.milliseconds(warm=True).values()) == {None}


def test_a_hit_that_cannot_be_told_counts_on_neither_side() -> None:
    assert Report("http://x", "boots", [visit("", 0.1), visit("memory", 0.1)]).hit_ratio == 1.0


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_a_value_that_the_share_does_not_exceed(values: list[float], share: float) -> None:
    ordered = sorted(values)
    found = quantile(ordered, share)
    assert found in ordered
    assert sum(value <= found for value in ordered) >= share * len(ordered) - 1e-9
