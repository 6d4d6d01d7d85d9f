"""A bare Varnish with Debian's built-in rules in front of an origin: the limit of what an edge can be."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench.delivery.installing import folder, program
from bench.delivery.processes import Server, free_port, serving


@contextmanager
def running(origin: int, *, name: str) -> Iterator[Server]:
    """varnishd with the built-in VCL. Raises Absent."""
    here, port = folder() / "varnish", free_port()
    here.mkdir(exist_ok=True)
    command = [program("varnishd", "varnish"), "-F", "-a", f"127.0.0.1:{port}", "-n", str(here / "work")]
    command += ["-b", f"127.0.0.1:{origin}", "-s", "malloc,256m"]
    with serving(name, command, port, folder=here) as server:
        yield server
