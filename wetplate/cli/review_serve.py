"""`wetplate review serve`: the review console."""

import threading
from typing import Any
from urllib.parse import urlsplit

import click
import uvicorn

from wetplate.cli.catching_up import catch_up
from wetplate.errors import WetplateError
from wetplate.settings import reviewing, settings
from wetplate.storage.database import catalog_url, engine

FACTORY = "wetplate.review.app:from_environment"


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; that of WETPLATE_REVIEW_URL if not given.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def command(port: int | None, host: str) -> None:
    """Serve the review console: queues, decisions, notices. People find it at WETPLATE_REVIEW_URL only."""
    if port is None:
        port = urlsplit(reviewing().url).port or 3004
    threading.Thread(target=listed, daemon=True).start()
    uvicorn.run(FACTORY, host=host, port=port, **server())


def listed() -> None:
    """Have everything that waits on the list, while the console is served already."""
    try:
        catch_up(engine(catalog_url(settings())))
    except WetplateError as error:
        click.echo(f"what waits may not all be on the list: {error}", err=True)


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
