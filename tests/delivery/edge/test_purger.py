"""The driver for our Varnish keeps the port's contract, against a running one."""

import pytest

from tests.contracts.purger import PurgerContract
from tests.delivery.edge.conftest import TOKEN
from tests.delivery.edge.scripted import Answer, Client, Origin
from wetplate.delivery.purging.varnish import VarnishPurger
from wetplate.errors import PurgeFailed


class Kept:
    """What the edge holds, filled through the scripted origin."""

    def __init__(self, edge: Client, origin: Origin) -> None:
        self.edge, self.origin, self.purger = (
            edge,
            origin,
            VarnishPurger(f"http://127.0.0.1:{edge.port}", TOKEN),
        )

    def keep(self, path: str, *tags: str) -> None:
        self.origin.answers[path] = Answer().tagged(*tags)
        self.edge.ask(path)

    def holds(self, path: str) -> bool:
        return self.edge.ask(path).hit

    def fail(self) -> None:
        self.purger._token = "secret-other"


class TestVarnish(PurgerContract):
    @pytest.fixture
    def cache(self, edge: Client, origin: Origin) -> Kept:
        return Kept(edge, origin)

    @pytest.fixture
    def purger(self, cache: Kept) -> VarnishPurger:
        return cache.purger


def test_nobody_there() -> None:
    with pytest.raises(PurgeFailed, match="does not answer"):
        VarnishPurger("http://127.0.0.1:9", TOKEN).purge(["i-a"])


def test_something_else_there(origin: Origin) -> None:
    with pytest.raises(PurgeFailed, match="is it ours"):
        VarnishPurger(origin.url, TOKEN).purge(["i-a"])
