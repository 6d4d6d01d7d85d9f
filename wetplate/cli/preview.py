"""`wetplate preview`: contact sheets on loopback."""

from urllib.parse import urlsplit

import click
import uvicorn

from wetplate.delivery.preview import app
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine
from wetplate.storage.stores import open_objects


@click.command("preview")
@click.option("--port", type=int, help="Port on 127.0.0.1; the one of WETPLATE_PREVIEW_URL if not given.")
def command(port: int | None) -> None:
    """Serve contact sheets to people at work."""
    now = settings()
    served = app(engine(catalog_url(now)), open_objects(now.objects_url, now))
    uvicorn.run(
        served, host="127.0.0.1", port=port or urlsplit(now.preview_url).port or 3001, log_level="warning"
    )
