"""A running origin says how it is, counts what it answers, and tells of each stage when somebody collects."""

import httpx
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from tests.delivery.house import House
from wetplate.delivery.tracing import spans
from wetplate.delivery.tracing.otlp import Spans
from wetplate.delivery.urls import OnDemand, write
from wetplate.derivatives.transform import read as transform

pytestmark = pytest.mark.xdist_group("origin")


def counted(house: House) -> dict[tuple[str, ...], float]:
    text = httpx.get(f"{house.url}/metrics").text
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_ready_when_everything_is_there(origin_house: House) -> None:
    answer = httpx.get(f"{origin_house.url}/readyz")
    assert answer.status_code == 200, answer.text
    assert answer.json()["checks"].keys() == {"catalog", "store", "news", "workers", "queue"}


def test_what_is_answered_is_counted(origin_house: House) -> None:
    path, before = origin_house.path("webp"), counted(origin_house)
    bodies = [httpx.get(origin_house.url + path).content for _ in range(3)]
    httpx.get(f"{origin_house.url}/images/nothing")
    after = counted(origin_house)

    def more(name: str, *labels: str) -> float:
        series = (name, *sorted(labels))
        return after[series] - before.get(series, 0)

    assert more("wetplate_requests_total", "derivative", "webp", "2xx") == 3
    assert more("wetplate_requests_total", "derivative", "json", "4xx") == 1
    assert more("wetplate_response_bytes_total", "webp") == sum(map(len, bodies))
    assert more("wetplate_request_duration_seconds_count", "derivative", "webp") == 3
    assert more("wetplate_cache_requests_total", "memory", "hit") >= 2
    assert after["wetplate_catalog_up",] == 1


def test_a_transform_is_told_stage_by_stage(origin_house: House) -> None:
    exporter = InMemorySpanExporter()
    spans.install(Spans(SimpleSpanProcessor(exporter)))
    try:
        target = OnDemand(origin_house.image, 1, transform("w96_crop1x1.webp"))
        answer = httpx.get(origin_house.url + write(target))
    finally:
        spans.install(None)
    assert answer.status_code == 200, answer.text
    assert {span.name for span in exporter.get_finished_spans()} >= {"standing", "queue", "decode", "encode"}
