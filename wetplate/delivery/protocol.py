"""uvicorn's HTTP/1.1, guarded and, for pictures in memory, without the way through ASGI.

Here: what a connection may do, and answering at once what the application has ready. Not here: what is ready
(`origin.front`). The application is whole without this module and runs on any ASGI server; this one saves two
thirds of the work for a picture in memory (a task, two sends, a check of each header, a system call).

Rules:
1. A request, with a body that nobody reads, has MOST bytes at most and PATIENCE seconds to arrive, or the
   connection ends: nobody holds a connection or fills the memory by never finishing. Where something may be
   handed in, a body has as many bytes as its reader takes, read as fast as they are taken, and more time.
2. Only a plain GET on a connection that stays open and keeps up is answered at once. Everything else takes
   uvicorn's own way, and gets the same answer. So does a request with others queued behind it: each would be
   answered from within the answer before it, as deep as the queue is long.
"""

from asyncio import AbstractEventLoop, BaseTransport, TimerHandle
from collections.abc import Callable
from typing import Any, Final

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from wetplate.delivery.origin.uploads import POSTED

MOST: Final = 32 * 1024
PATIENCE: Final = 15.0
HANDING_IN: Final = 120.0
TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\ncache-control: no-store\r\n"
    b"connection: close\r\n\r\n"
)

Ready = Callable[[Scope], tuple[bytes, bytes] | None]


class OriginProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._ready: Ready | None = getattr(self.app, "ready", None)
        self._defaults: list[tuple[bytes, bytes]] = []
        self._spelled = b""
        self._arriving, self._handed_in, self._size = True, False, 0
        self._patience: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._size += len(data)
        super().data_received(data)
        if self._arriving and not self.transport.is_closing():
            if self._size > MOST and not self._handed_in:
                self._cut_off()
            elif self._patience is None:
                self._wait()

    def on_message_begin(self) -> None:
        self._arriving, self._handed_in = True, False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        heard: Any = self.scope
        if heard["method"] == "POST" and heard["raw_path"] in POSTED:
            self._handed_in = True
            self._came()
            self._wait()

    def on_message_complete(self) -> None:
        self._arriving, self._size = False, 0
        self._came()
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        found = self._ready(cycle.scope) if self._ready and self._plain(cycle) else None  # type: ignore[arg-type]
        if found is None:
            super()._start_asgi_task(cycle, app)
            return
        cycle.response_started = cycle.response_complete = True
        head, body = found
        self.transport.write(b"".join((head, self._own_headers(), body)))
        self.on_response_complete()

    def _plain(self, cycle: RequestResponseCycle) -> bool:
        """Whether nothing about the connection asks for more than the bytes."""
        free = not self.pipeline and not self.flow.write_paused
        return free and cycle.keep_alive and not cycle.disconnected

    def _own_headers(self) -> bytes:
        """The server's own headers (the date, anew each second) and the end of the head."""
        if self.server_state.default_headers is not self._defaults:
            self._defaults = self.server_state.default_headers
            lines = (name + b": " + value + b"\r\n" for name, value in self._defaults)
            self._spelled = b"".join(lines) + b"\r\n"
        return self._spelled

    def _cut_off(self) -> None:
        """End the connection; a head that is too long is told so, a body was told all it needs to know."""
        heard: Any = self.scope
        if not heard or "method" not in heard:
            self.transport.write(TOO_LARGE)
        self.transport.close()

    def _wait(self) -> None:
        seconds = HANDING_IN if self._handed_in else PATIENCE
        self._patience = self.loop.call_later(seconds, self.transport.close)

    def _came(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
