"""The fake keeps the port's contract."""

import pytest

from tests.contracts.purger import PurgerContract
from wetplate.delivery.purging.memory import MemoryCache


class Held(MemoryCache):
    def holds(self, path: str) -> bool:
        return path in self.held

    def fail(self) -> None:
        self.down = True


class TestMemory(PurgerContract):
    @pytest.fixture
    def cache(self) -> Held:
        return Held()

    @pytest.fixture
    def purger(self, cache: Held) -> Held:
        return cache
