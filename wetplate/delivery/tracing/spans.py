"""Spans as the rest of delivery sees them: three calls that do nothing until a tracer is installed.

Here: the switch. Not here: OpenTelemetry (`otlp`, imported when it is switched on).

Rules:
1. Off costs a look at one name: no span object, no clock, no header is read, no middleware stands in the way.
2. A span's name is a stage of `wetplate.metrics.STAGES`, so that traces, numbers and Server-Timing agree.
3. What happened in another process is told afterwards: `past` lays the measured stages end to end, up to now.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from starlette.types import ASGIApp

from wetplate.errors import SettingError
from wetplate.settings import Serving


class Tracer(Protocol):
    """What makes spans."""

    def span(self, name: str) -> AbstractContextManager[object]:
        """A span around a block, child of the one around it."""

    def past(self, seconds: Mapping[str, float]) -> None:
        """Stages that were measured elsewhere and have just ended, in their order."""

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, with a span per request that continues the caller's trace."""

    def close(self) -> None:
        """Send what is left."""


_NOTHING: AbstractContextManager[object] = nullcontext()
_tracer: Tracer | None = None


def span(name: str) -> AbstractContextManager[object]:
    """A span around one stage of the request at hand."""
    return _NOTHING if _tracer is None else _tracer.span(name)


def past(seconds: Mapping[str, float]) -> None:
    """Spans for stages that another process measured and that have just ended."""
    if _tracer is not None:
        _tracer.past(seconds)


def traced(app: ASGIApp) -> ASGIApp:
    """The application itself, or with a span per request when a tracer is installed."""
    return app if _tracer is None else _tracer.around(app)


def install(tracer: Tracer | None) -> None:
    """Switch tracing on, or off with None; the tracer before is closed."""
    global _tracer
    before, _tracer = _tracer, tracer
    if before is not None:
        before.close()


def configure(serving: Serving) -> bool:
    """Install what the settings ask for; whether anything is traced now. Raises SettingError."""
    if serving.otlp_endpoint is None:
        return False
    try:
        from wetplate.delivery.tracing.otlp import exporting
    except ImportError as error:
        raise SettingError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: "
            "pip install 'wetplate[otel]', or unset it"
        ) from error
    install(exporting(serving.otlp_endpoint))
    return True
