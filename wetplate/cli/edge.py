"""`wetplate edge`: Varnish before the origin, in the foreground; a shield and the origin too if wanted.

`--serve` is what `make edge` starts: the embedded catalog, the origin, and the caches in front of it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from time import sleep
from urllib.parse import urlsplit

import click

from wetplate.delivery.edge.tiers import home, tiers
from wetplate.delivery.edge.varnish import Place, running, stop
from wetplate.delivery.edge.vcl import Edge, render
from wetplate.delivery.purging.nearby import announced
from wetplate.delivery.purging.targets import token
from wetplate.settings import Serving, serving, settings
from wetplate.storage import postgres

PORTS = click.IntRange(1, 65535)
LOOK = 0.2
KINDS = {"edge": "varnish", "shield": "shield"}  # as WETPLATE_PURGERS calls them
DRAIN = 30  # seconds that the origin has to end what it began


@click.command("edge")
@click.option("--port", type=PORTS, help="Port; that of WETPLATE_EDGE_URL if not given.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--origin", help="Where to fetch, http://host:port; WETPLATE_ORIGIN_URL if not given.")
@click.option(
    "--shield-port", type=PORTS, help="Start a shield on this port between the edge and the origin."
)
@click.option("--shield", is_flag=True, help="This is a shield itself: answer only the caches of --behind.")
@click.option("--behind", multiple=True, help="Network of caches in front of this one; may be repeated.")
@click.option("--serve", is_flag=True, help="Start the origin too, on this machine.")
@click.option(
    "--print-vcl", is_flag=True, help="Print what Varnish would be told, without the token, and end."
)
def command(
    port: int | None,
    host: str,
    origin: str | None,
    shield_port: int | None,
    shield: bool,
    behind: tuple[str, ...],
    serve: bool,
    print_vcl: bool,
) -> None:
    """Start Varnish before the origin and wait; SIGTERM or Ctrl-C stops it."""
    how, var = serving(), settings().var
    if shield and not behind:
        raise click.UsageError(
            "--shield answers only caches in front of it: name their networks with --behind"
        )
    edge = Edge(
        origin=(origin or how.origin_url).rstrip("/"),
        token=token(how, var) if not print_vcl else "hidden",
        name="shield" if shield else "edge",
        purge_from=tuple(each.strip() for each in how.purge_from.split(",") if each.strip()),
        behind=behind,
        closed=shield,
    )
    if print_vcl:
        click.echo(render(edge))
        return
    port = port or urlsplit(how.edge_url).port or 3003
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    place = Place(home(var, edge.name, port), port, host)
    try:
        stand(tiers(edge, place, shield_port), how, serve=serve)
    except KeyboardInterrupt:
        return


def stand(caches: Sequence[tuple[Edge, Place]], how: Serving, *, serve: bool) -> None:
    """Run the caches, and the origin if wanted, until one of them ends or the user says so."""
    with ExitStack() as stack:
        started = [stack.enter_context(serving_them(caches))] if serve else []
        for edge, place in caches:
            started.append(stack.enter_context(running(edge, place, how)))
            stack.enter_context(announced(settings().var, KINDS[edge.name], place.url))
            click.echo(f"{edge.name}: {place.url} before {edge.origin} (log: {place.log})")
        if serve:
            click.echo(f"gallery: {caches[-1][1].url}/gallery/   (Ctrl-C stops all)")
        while all(process.poll() is None for process in started):
            sleep(LOOK)
    raise click.ClickException("the origin or a varnishd ended by itself; its log says why")


@contextmanager
def serving_them(caches: Sequence[tuple[Edge, Place]]) -> Iterator[subprocess.Popen[bytes]]:
    """The origin of these caches, told to purge them; over the embedded catalog unless another is named."""
    now = settings()
    if now.database_url is None:
        postgres.up(now)
    told = " ".join(f"{KINDS[edge.name]}={place.url}" for edge, place in caches)
    line = [sys.executable, "-m", "wetplate", "serve", "--port", str(caches[0][0].port)]
    process = subprocess.Popen(line, env={**os.environ, "WETPLATE_PURGERS": serving().purgers or told})
    try:
        yield process
    finally:
        stop(process, DRAIN)
