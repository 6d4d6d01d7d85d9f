"""The Objects port: put-once bytes under a key.

Here: the protocol, keys and digests. Not here: any store (`local`, `s3`, `memory`), any rule about images.

Rules every store keeps (the contract kit in tests/contracts proves them):
1. `put` creates; the same bytes again under the same key are a no-op; other bytes raise ObjectConflict.
2. After `put` returns, the bytes survive the loss of the process (and, on disk, of power).
3. A reader sees the whole object or none.
4. A full store raises StorageFull and leaves nothing behind under the key.
5. What the store refuses for reasons of its own is a StorageError, never an error of its library.

A key that names a folder of other keys (`a/b` beside `a/b/c`) is allowed in S3 and refused by a local folder.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from wetplate.errors import StorageError

KEY = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*\Z")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a listing: key, size in bytes, time of the put."""

    key: str
    size: int
    put_at: datetime


@dataclass(frozen=True, kw_only=True)
class Head(Entry):
    """What a store knows of an object: also the SHA-256 as 64 hex digits and the media type."""

    sha256: str
    content_type: str


class Objects(Protocol):
    """A put-once object store."""

    def put(self, key: str, body: bytes, *, content_type: str) -> Head:
        """Create the object; see the module's rules. Raises ObjectConflict, StorageFull, StorageError."""

    def get(self, key: str) -> bytes:
        """The object's bytes. Raises ObjectMissing."""

    def head(self, key: str) -> Head:
        """What is known of the object. Raises ObjectMissing."""

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Every object whose key starts with the prefix, in key order."""

    def delete(self, key: str) -> None:
        """Remove the object; removing what is not there is no error."""

    def presign(self, key: str, *, expires: timedelta) -> str:
        """A URL that reads the object for a short time, without credentials. Raises ObjectMissing."""


def sha256(body: bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(body).hexdigest()


def checked_key(key: str) -> str:
    """The key, if it is one: lower-case segments of letters, digits, `.`, `_`, `-`. Raises StorageError.

    At most 512 characters, 200 in a segment: what every store and file system holds.
    """
    if not KEY.match(key) or len(key) > 512 or max(map(len, key.split("/"))) > 200:
        raise StorageError(f"{key!r} is no object key: expected lower-case segments like canonical/ab/cd.png")
    return key
