"""The in-memory store keeps the contract."""

import pytest

from tests.contracts.objects import ObjectsContract
from wetplate.storage.memory import MemoryObjects


class TestMemoryObjects(ObjectsContract):
    @pytest.fixture
    def store(self) -> MemoryObjects:
        return MemoryObjects()


def test_a_caller_cannot_change_what_was_put() -> None:
    store, body = MemoryObjects(), bytearray(b"bytes")
    store.put("a", body, content_type="text/plain")
    body[:] = b"other"
    assert store.get("a") == b"bytes"
