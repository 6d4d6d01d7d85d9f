"""A bare Varnish with Debian's built-in rules in front of an origin: the limit of what an edge can be."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.delivery.installing import folder, program
from bench.delivery.processes import Server, free_port, serving


@contextmanager
def running(origin: int, *, name: str = "bare Varnish", vcl: Path | None = None) -> Iterator[Server]:
    """varnishd with the built-in VCL. Raises Absent."""
    here, port = folder() / "varnish", free_port()
    here.mkdir(exist_ok=True)
    command = [program("varnishd", "varnish"), "-F", "-a", f"127.0.0.1:{port}", "-n", str(here / "work")]
    rules = ["-b", f"127.0.0.1:{origin}"] if vcl is None else ["-f", str(vcl)]
    with serving(name, [*command, *rules, "-s", "malloc,256m"], port, folder=here) as server:
        yield server
