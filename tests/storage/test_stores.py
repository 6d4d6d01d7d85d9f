"""Stores are opened by URL, and a store that does not keep its word is refused."""

from pathlib import Path
from typing import Any

import pytest

from wetplate.errors import StorageError, UnsafeStore
from wetplate.settings import settings
from wetplate.storage.local import LocalObjects
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import Head
from wetplate.storage.stores import open_objects, probe, probe_race


def test_a_folder(tmp_path: Path) -> None:
    store = open_objects(f"file://{tmp_path}/with%20blank", settings())
    assert isinstance(store, LocalObjects)
    store.put("a", b"", content_type="text/plain")
    assert (tmp_path / "with blank/objects/a").exists()


def test_the_default_is_a_folder_in_var() -> None:
    now = settings()
    open_objects(now.objects_url, now).put("a", b"", content_type="text/plain")
    assert (now.var / "objects/objects/a").exists()


def test_memory_is_one_for_the_process() -> None:
    assert open_objects("memory:", settings()) is open_objects("memory:", settings())


@pytest.mark.parametrize(
    "url", ["", "file://", "file:///", "file://host/folder", "s3://", "s3:///x", "gs://b", "/x"]
)
def test_other_urls(url: str) -> None:
    with pytest.raises(StorageError, match="names no object store"):
        open_objects(url, settings())


class Forgetful(MemoryObjects):
    """Takes every put and keeps the last."""

    def put(self, key: str, body: bytes, *, content_type: str) -> Head:
        self.delete(key)
        return super().put(key, body, content_type=content_type)


class Lying(MemoryObjects):
    """Refuses the second put, and has overwritten the first."""

    def put(self, key: str, body: bytes, *, content_type: str) -> Head:
        try:
            return super().put(key, body, content_type=content_type)
        except StorageError:
            self.delete(key)
            super().put(key, body, content_type=content_type)
            raise


@pytest.mark.parametrize("unsafe", [Forgetful(), Lying()])
def test_the_probe_finds_an_overwriting_store(unsafe: Any) -> None:
    with pytest.raises(UnsafeStore):
        probe(unsafe)
    assert list(unsafe.list()) == []


def test_the_race_probe_finds_several_winners() -> None:
    with pytest.raises(UnsafeStore, match="8 of 8"):
        probe_race(Forgetful())
