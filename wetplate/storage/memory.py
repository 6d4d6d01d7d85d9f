"""Objects in memory: the fake that ships with the port. Keeps its rules; nothing survives the process."""

import threading
from collections.abc import Iterator
from datetime import timedelta

from wetplate.errors import ObjectConflict, ObjectMissing
from wetplate.storage.database import now
from wetplate.storage.objects import Head, checked_key, sha256


class MemoryObjects:
    """A put-once store in a dictionary; safe to share between threads."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Head, bytes]] = {}
        self._lock = threading.Lock()

    def put(self, key: str, body: bytes, *, content_type: str) -> Head:
        head = Head(
            key=checked_key(key), size=len(body), sha256=sha256(body), content_type=content_type, put_at=now()
        )
        with self._lock:
            kept, _ = self._kept.setdefault(key, (head, bytes(body)))
        if kept.sha256 != head.sha256:
            raise ObjectConflict(
                f"{key}: other bytes already stand there (sha256 {kept.sha256[:12]}); nothing written"
            )
        return kept

    def get(self, key: str) -> bytes:
        return self._found(key)[1]

    def head(self, key: str) -> Head:
        return self._found(key)[0]

    def list(self, prefix: str = "") -> Iterator[Head]:
        with self._lock:
            keys = sorted(key for key in self._kept if key.startswith(prefix))
            heads = [self._kept[key][0] for key in keys]
        yield from heads

    def delete(self, key: str) -> None:
        with self._lock:
            self._kept.pop(checked_key(key), None)

    def presign(self, key: str, *, expires: timedelta) -> str:
        """A `memory:` URL, readable by nobody: it only says what was asked."""
        until = int((now() + expires).timestamp())
        return f"memory:{self.head(key).key}?expires={until}"

    def _found(self, key: str) -> tuple[Head, bytes]:
        with self._lock:
            found = self._kept.get(checked_key(key))
        if found is None:
            raise ObjectMissing(f"{key}: no such object in memory")
        return found
