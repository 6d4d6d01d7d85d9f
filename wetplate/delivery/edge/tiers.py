"""Which caches stand before the origin on this machine: an edge, and a shield behind it if wanted. Pure.

Here: how the tiers are told of one another. Not here: running them (`varnish`).
"""

from dataclasses import replace
from pathlib import Path

from wetplate.delivery.edge.varnish import Place
from wetplate.delivery.edge.vcl import Edge


def tiers(edge: Edge, place: Place, shield_port: int | None = None) -> list[tuple[Edge, Place]]:
    """The caches with their places, nearest to the origin first.

    Behind an edge on this machine the shield sees this machine's address, so it answers nobody else.
    """
    if shield_port is None:
        return [(edge, place)]
    home = place.folder.parent
    shield = replace(edge, name="shield", behind=("127.0.0.0/8",), closed=True)
    between = Place(home / f"shield-{shield_port}", shield_port)
    return [(shield, between), (replace(edge, origin=between.url), place)]


def home(var: Path, name: str, port: int) -> Path:
    """Where a cache of this name and port keeps its files."""
    return var / "edge" / f"{name}-{port}"
