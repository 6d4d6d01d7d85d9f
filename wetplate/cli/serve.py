"""`wetplate serve`: the origin."""

import copy
import os
from typing import Any
from urllib.parse import urlsplit

import click
import uvicorn
from uvicorn.config import LOGGING_CONFIG

from wetplate.delivery.health.exposition import shared
from wetplate.delivery.protocol import OriginProtocol
from wetplate.settings import serving, settings

FACTORY = "wetplate.delivery.app:from_environment"
WORKERS = "Processes; each has the transform workers, the queue and the throttles of the settings to itself."
DRAIN = 20  # seconds that running answers are given when the server is told to stop


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; that of WETPLATE_ORIGIN_URL if not given.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help=WORKERS)
@click.option(
    "--access-log/--no-access-log", default=False, help="One line per request (slow); keys are cut."
)
def command(port: int | None, host: str, workers: int, access_log: bool) -> None:
    """Serve published images, transforms, manifests and the gallery; SIGTERM lets running answers end."""
    if port is None:
        port = urlsplit(serving().origin_url).port or 3002
    told = server() | ({"log_level": "info"} if access_log else {})
    if workers > 1:  # they count into files of one folder, which must be known before they start
        os.environ.update(shared(settings().var / "metrics"))
    uvicorn.run(FACTORY, host=host, port=port, workers=workers, access_log=access_log, **told)


def server() -> dict[str, Any]:
    """How uvicorn is run, wherever it is: nobody else's headers are believed, none of its own is sent."""
    return {
        "factory": True,
        "http": OriginProtocol,
        "loop": "uvloop",
        "ws": "none",
        "lifespan": "on",
        "log_level": "warning",
        "log_config": logging(),
        "proxy_headers": False,
        "server_header": False,
        "timeout_keep_alive": 65,
        "timeout_graceful_shutdown": DRAIN,
        "backlog": 2_048,
    }


def logging() -> dict[str, Any]:
    """Uvicorn's own, with the keys cut from what its access log says."""
    config = copy.deepcopy(LOGGING_CONFIG)
    config["filters"] = {"plain": {"()": "wetplate.delivery.tracing.paths.Plain"}}
    config["handlers"]["access"]["filters"] = ["plain"]
    return config
