"""The contract of the Objects port. A store's test module subclasses this and gives the `store` fixture.

Every rule of `wetplate.storage.objects` is a test here; what only one store can do stands in its own module.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from wetplate.errors import ObjectConflict, ObjectMissing, StorageError
from wetplate.storage.objects import Objects, sha256
from wetplate.storage.stores import probe, probe_race

KEY = "canonical/ab/abcd.png"
ODD_KEYS = ["a", "0", "a.b", "a-b_c.d/e", "x.json", f"{'a' * 200}/{'b' * 200}", "a/b/c/d/e/f/g/h.tar.gz"]
NO_KEYS = [
    "", "/", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a/.b", "A", "a b", "ä", "a\n", "a\0", "a\\b",
    "a%2fb", "a" * 201, "/".join(["a" * 100] * 6),
]  # fmt: skip


class ObjectsContract:
    """What every store does."""

    def test_put_then_get(self, store: Objects) -> None:
        store.put(KEY, b"bytes", content_type="image/png")
        assert store.get(KEY) == b"bytes"

    def test_put_tells_what_head_tells(self, store: Objects) -> None:
        before = datetime.now(UTC) - timedelta(seconds=2)
        told = store.put(KEY, b"bytes", content_type="image/png")
        assert told == store.head(KEY)
        assert (told.key, told.size, told.content_type) == (KEY, 5, "image/png")
        assert told.sha256 == sha256(b"bytes")
        assert before < told.put_at < datetime.now(UTC) + timedelta(seconds=2)

    def test_the_same_bytes_again_change_nothing(self, store: Objects) -> None:
        first = store.put(KEY, b"bytes", content_type="image/png")
        assert store.put(KEY, b"bytes", content_type="text/plain") == first

    @pytest.mark.parametrize("other", [b"other bytes", b"", b"bytez"])
    def test_other_bytes_are_refused(self, store: Objects, other: bytes) -> None:
        store.put(KEY, b"bytes", content_type="image/png")
        with pytest.raises(ObjectConflict, match="nothing written"):
            store.put(KEY, other, content_type="image/png")
        assert store.get(KEY) == b"bytes"
        assert store.head(KEY).content_type == "image/png"

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_odd_keys(self, store: Objects, key: str) -> None:
        store.put(key, key.encode(), content_type="text/plain")
        assert store.get(key) == key.encode()
        assert [entry.key for entry in store.list()] == [key]

    @pytest.mark.parametrize("key", NO_KEYS)
    def test_what_is_no_key(self, store: Objects, key: str) -> None:
        with pytest.raises(StorageError, match="no object key"):
            store.put(key, b"", content_type="text/plain")
        for read in (store.get, store.head, store.delete):
            with pytest.raises(StorageError, match="no object key"):
                read(key)

    @pytest.mark.parametrize("size", [0, 1, 5_000_000])
    def test_sizes(self, store: Objects, size: int) -> None:
        body = bytes(range(256)) * (size // 256 + 1)
        assert store.put(KEY, body[:size], content_type="image/png").size == size
        assert store.get(KEY) == body[:size]

    def test_what_is_not_there(self, store: Objects) -> None:
        for read in (store.get, store.head, lambda key: store.presign(key, expires=timedelta(minutes=1))):
            with pytest.raises(ObjectMissing, match=KEY):
                read(KEY)
        assert list(store.list()) == []
        store.delete(KEY)

    def test_delete_then_put_other_bytes(self, store: Objects) -> None:
        store.put(KEY, b"bytes", content_type="image/png")
        store.delete(KEY)
        with pytest.raises(ObjectMissing):
            store.get(KEY)
        assert store.put(KEY, b"other", content_type="image/webp").content_type == "image/webp"
        assert store.get(KEY) == b"other"

    def test_list_in_key_order_by_any_prefix(self, store: Objects) -> None:
        keys = ["a-b/c", "a/b", "a/c/d", "a0", "a.b", "b/a"]
        for key in keys:
            store.put(key, key.encode(), content_type="text/plain")
        assert [entry.key for entry in store.list()] == sorted(keys)
        assert [entry.key for entry in store.list("a/")] == ["a/b", "a/c/d"]
        assert [entry.key for entry in store.list("a")] == sorted(keys)[:-1]
        assert [entry.key for entry in store.list("a/c")] == ["a/c/d"]
        assert [(entry.size, entry.put_at) for entry in store.list("b/")] == [(3, store.head("b/a").put_at)]

    def test_of_racing_puts_one_wins(self, store: Objects) -> None:
        def put(number: int) -> int | None:
            with suppress(ObjectConflict):
                store.put(KEY, f"racer {number}".encode() * 2000, content_type=f"text/x-{number}")
                return number
            return None

        with ThreadPoolExecutor(16) as pool:
            winners = [number for number in pool.map(put, range(16)) if number is not None]
        assert len(winners) == 1
        assert store.get(KEY) == f"racer {winners[0]}".encode() * 2000
        assert store.head(KEY).content_type == f"text/x-{winners[0]}"

    def test_racing_puts_of_the_same_bytes_all_pass(self, store: Objects) -> None:
        with ThreadPoolExecutor(16) as pool:
            heads = list(pool.map(lambda _: store.put(KEY, b"same", content_type="image/png"), range(16)))
        assert set(heads) == {store.head(KEY)}

    def test_a_reader_sees_all_or_nothing(self, store: Objects) -> None:
        body = b"0123456789" * 100_000

        def read(_: int) -> bytes:
            with suppress(ObjectMissing):
                return store.get(KEY)
            return b""

        with ThreadPoolExecutor(4) as pool:
            reads = pool.map(read, range(40))
            store.put(KEY, body, content_type="image/png")
            assert set(reads) <= {b"", body}

    def test_presign_names_the_key(self, store: Objects) -> None:
        store.put(KEY, b"bytes", content_type="image/png")
        assert KEY in store.presign(KEY, expires=timedelta(minutes=5))

    def test_the_probes_pass_and_leave_nothing(self, store: Objects) -> None:
        probe(store)
        probe_race(store)
        assert list(store.list()) == []
