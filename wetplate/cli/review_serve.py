"""`wetplate review serve`: the review console."""

from typing import Any
from urllib.parse import urlsplit

import click
import uvicorn

from wetplate.settings import reviewing

FACTORY = "wetplate.review.app:from_environment"


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; that of WETPLATE_REVIEW_URL if not given.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def command(port: int | None, host: str) -> None:
    """Serve the review console: queues, decisions, notices. People find it at WETPLATE_REVIEW_URL only."""
    if port is None:
        port = urlsplit(reviewing().url).port or 3004
    uvicorn.run(FACTORY, host=host, port=port, **server())


def server() -> dict[str, Any]:
    """How uvicorn is run, wherever it is: nobody else's headers are believed, none of its own is sent."""
    return {
        "factory": True,
        "loop": "uvloop",
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "log_level": "warning",
        "proxy_headers": False,
        "server_header": False,
        "timeout_keep_alive": 65,
        "timeout_graceful_shutdown": 10,
    }
