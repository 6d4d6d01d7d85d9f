"""Spans: free when off, one per stage when somebody collects them."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer

import anyio
import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from wetplate.delivery.tracing import spans
from wetplate.delivery.tracing.otlp import Spans
from wetplate.errors import SettingError
from wetplate.settings import ROOT, serving

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


@pytest.fixture
def sent() -> Iterator[InMemorySpanExporter]:
    """What a tracer sends while it is installed."""
    exporter = InMemorySpanExporter()
    spans.install(Spans(SimpleSpanProcessor(exporter)))
    yield exporter
    spans.install(None)


async def picture(request: Request) -> Response:
    with spans.span("standing"):
        pass
    with spans.span("store"):
        spans.past({"queue": 0.01, "decode": 0.02, "resize": 0.005, "encode": 0.03})
    return PlainTextResponse("bytes", status_code=503 if request.url.path.endswith("broken") else 200)


def get(path: str, **headers: str) -> httpx.Response:
    """One request to an application wrapped as the origin's is."""
    app = spans.traced(Starlette(routes=[Route("/images/{name}", picture)]))

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://origin") as client:
            return await client.get(path, headers=headers)

    return anyio.run(asked)


def by_name(sent: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in sent.get_finished_spans()}


def test_a_request_continues_the_callers_trace_with_a_span_per_stage(sent: InMemorySpanExporter) -> None:
    assert get("/images/a", traceparent=f"00-{TRACE}-{PARENT}-01").status_code == 200
    made = by_name(sent)
    request = made.pop("GET /images")
    assert set(made) == {"standing", "store", "queue", "decode", "resize", "encode"}
    assert request.kind is SpanKind.SERVER
    assert f"{request.context.trace_id:032x}" == TRACE
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == PARENT
    assert request.attributes == {
        "http.request.method": "GET", "url.path": "/images/a", "http.response.status_code": 200,
    }  # fmt: skip
    assert {f"{span.context.trace_id:032x}" for span in made.values()} == {TRACE}
    assert {made[name].parent.span_id for name in ("standing", "store")} == {request.context.span_id}
    assert made["decode"].parent.span_id == made["store"].context.span_id


def test_stages_measured_elsewhere_lie_end_to_end_up_to_now(sent: InMemorySpanExporter) -> None:
    spans.past({"decode": 0.02, "encode": 0.03})
    made = by_name(sent)
    assert made["decode"].end_time == made["encode"].start_time
    assert made["decode"].end_time - made["decode"].start_time == pytest.approx(20e6)
    assert abs(time.time_ns() - made["encode"].end_time) < 5e9


def test_our_failure_is_marked_and_a_strangers_traceparent_is_harmless(sent: InMemorySpanExporter) -> None:
    assert get("/images/broken", traceparent="00-zz-zz-01; drop table").status_code == 503
    request = by_name(sent)["GET /images"]
    assert request.status.status_code is StatusCode.ERROR
    assert request.parent is None


def test_a_key_in_the_path_is_not_sent(sent: InMemorySpanExporter) -> None:
    get("/notices/0123456789abcdef/5ec2e7")
    told = by_name(sent)["GET /notices"].attributes
    assert told is not None
    assert told["url.path"] == "/notices/0123456789abcdef/-"


def test_off_is_free() -> None:
    app = Starlette()
    assert spans.traced(app) is app
    assert spans.configure(serving()) is False
    assert isinstance(spans.span("decode"), nullcontext)
    assert spans.span("decode") is spans.span("encode")
    spans.past({"decode": 1.0})


def test_off_does_not_load_opentelemetry() -> None:
    code = "import sys, wetplate.delivery.tracing.spans; print('opentelemetry' in sys.modules)"
    line = [sys.executable, "-c", code]
    assert subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout == "False\n"


def test_an_endpoint_switches_tracing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    try:
        assert spans.configure(serving()) is True
        assert not isinstance(spans.span("decode"), nullcontext)
    finally:
        spans.install(None)


def test_an_endpoint_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")
    with pytest.raises(SettingError, match="expected http://host:4318"):
        spans.configure(serving())


def test_without_the_library_the_refusal_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "wetplate.delivery.tracing.otlp", None)
    with pytest.raises(SettingError, match=r"wetplate\[otel\]"):
        spans.configure(serving())


class Collector(BaseHTTPRequestHandler):
    """Takes what is sent to it."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, self.headers["content-type"], body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *said: object) -> None:
        """Be quiet."""


def test_spans_arrive_at_a_collector_when_the_origin_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        collector.got = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=collector.handle_request, daemon=True)
        thread.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}/")
        assert spans.configure(serving())
        with spans.span("standing"):
            pass
        spans.install(None)
        thread.join(10)
        [(path, media_type, body)] = collector.got  # type: ignore[attr-defined]
    assert (path, media_type) == ("/v1/traces", "application/x-protobuf")
    assert b"standing" in body
    assert b"wetplate-origin" in body
