"""`python -m bench.delivery.next_loader`: build the application, start it, wait for Ctrl-C."""

import threading

import click

from bench.delivery.next_loader import build, started


@click.command()
@click.option("--delivery", default="http://127.0.0.1:3002", show_default=True, help="Origin or edge.")
@click.option("--family", default="rumba", show_default=True)
@click.option("--port", default=0, help="Port on 127.0.0.1; a free one if not given.")
def main(delivery: str, family: str, port: int) -> None:
    """A shop made with Next, its pictures from Wetplate."""
    with started(build(delivery), delivery, family, port) as url:
        print(f"{url}   (Ctrl-C stops it)")
        threading.Event().wait()


if __name__ == "__main__":
    main()
