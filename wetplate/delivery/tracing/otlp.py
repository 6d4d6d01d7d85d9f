"""Spans by OpenTelemetry, sent by OTLP over HTTP. Imported only when traces are wanted (extra `otel`).

Here: a tracer of our own provider; nothing is registered globally. Not here: when it is used (`spans`).

Rule: attributes are closed or bounded (route, method, status, format, stage); addresses of images stay in the
trace, where they belong to one request, and never become a metric. Keys in an address are cut (`paths`).
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wetplate.delivery.tracing.paths import plain
from wetplate.errors import SettingError

SERVICE = "wetplate-origin"
TRACES = "/v1/traces"
PROPAGATOR = TraceContextTextMapPropagator()
NANOSECONDS = 1_000_000_000


class Spans:
    """A tracer whose spans go to this processor."""

    def __init__(self, processor: SpanProcessor) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("wetplate")

    def span(self, name: str) -> AbstractContextManager[Span]:
        return self._tracer.start_as_current_span(name)

    def past(self, seconds: Mapping[str, float]) -> None:
        at = time.time_ns() - sum(_nanoseconds(taken) for taken in seconds.values())
        for name, taken in seconds.items():
            made = self._tracer.start_span(name, start_time=at)
            at += _nanoseconds(taken)
            made.end(at)

    def around(self, app: ASGIApp) -> ASGIApp:
        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await app(scope, receive, send)
            with self._request(scope) as span:
                await app(scope, receive, _watched(send, span))

        return traced

    def close(self) -> None:
        self._provider.shutdown()

    @contextmanager
    def _request(self, scope: Scope) -> Iterator[Span]:
        """A server span that continues the caller's `traceparent`."""
        asked = {"http.request.method": scope["method"], "url.path": plain(scope["path"])}
        with self._tracer.start_as_current_span(
            f"{scope['method']} /{scope['path'].split('/')[1]}",
            context=PROPAGATOR.extract(Headers(scope=scope)),
            kind=SpanKind.SERVER,
            attributes=asked,
        ) as span:
            yield span


def _watched(send: Send, span: Span) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            span.set_attribute("http.response.status_code", message["status"])
            if message["status"] >= 500:
                span.set_status(Status(StatusCode.ERROR))
        await send(message)

    return watched


def _nanoseconds(seconds: float) -> int:
    return int(seconds * NANOSECONDS)


def exporting(endpoint: str) -> Spans:
    """Spans sent in batches to an OTLP collector. Raises SettingError for an endpoint that is no http URL."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    if not endpoint.startswith(("http://", "https://")):
        raise SettingError(
            f"OTEL_EXPORTER_OTLP_ENDPOINT={endpoint!r}: expected http://host:4318 or https://..."
        )
    return Spans(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint.rstrip("/") + TRACES)))
