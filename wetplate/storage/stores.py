"""Which store: from a URL to an open one, and whether it keeps its word.

Here: `open_objects` and the probes. Not here: the stores themselves (`local`, `s3`, `memory`).
"""

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from wetplate.errors import ObjectConflict, StorageError, UnsafeStore
from wetplate.settings import Settings
from wetplate.storage.local import LocalObjects
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import Objects

RACERS = 8


def open_objects(url: str, settings: Settings, *, client: Any = None) -> Objects:
    """The store of a URL: `file:///folder`, `s3://bucket/prefix` or `memory:` (one for the process).

    `client` is a boto3 S3 client; without one, boto3 configures itself from its own environment. An S3 store
    is probed. Raises StorageError for another URL, UnsafeStore for a store that overwrites.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and len(parts.path) > 1:
        return LocalObjects(Path(unquote(parts.path)), settings.var / "objects.key")
    if parts.scheme == "memory":
        return _memory()
    if parts.scheme == "s3" and parts.netloc:
        return _bucket(parts.netloc, parts.path.strip("/"), client or _client(settings.s3_endpoint))
    raise StorageError(
        f"{url!r} names no object store: expected file:///folder, s3://bucket/prefix or memory:"
    )


def probe(objects: Objects) -> None:
    """Raise UnsafeStore unless the store refuses to overwrite. Leaves nothing behind."""
    key = f"probe/{secrets.token_hex(16)}"
    try:
        objects.put(key, b"first", content_type="text/plain")
        with suppress(ObjectConflict):
            objects.put(key, b"second", content_type="text/plain")
            raise UnsafeStore(f"{key}: the store took a second object under one key; {ADVICE}")
        if objects.get(key) != b"first":
            raise UnsafeStore(f"{key}: the store refused a second object and overwrote the first; {ADVICE}")
    finally:
        objects.delete(key)


def probe_race(objects: Objects, racers: int = RACERS) -> None:
    """Raise UnsafeStore unless of several puts at the same moment exactly one wins. Leaves nothing behind."""
    key = f"probe/{secrets.token_hex(16)}"

    def won(number: int) -> bool:
        with suppress(ObjectConflict):
            objects.put(key, f"racer {number}".encode(), content_type="text/plain")
            return True
        return False

    try:
        with ThreadPoolExecutor(racers) as pool:
            winners = sum(pool.map(won, range(racers)))
        if winners != 1:
            raise UnsafeStore(f"{key}: {winners} of {racers} puts at the same moment won; {ADVICE}")
    finally:
        objects.delete(key)


ADVICE = (
    "it cannot hold canonicals. Use one with conditional puts, and keep bucket versioning off on radosgw."
)


@cache
def _memory() -> MemoryObjects:
    return MemoryObjects()


def _bucket(bucket: str, prefix: str, client: Any) -> Objects:
    from wetplate.storage.s3 import S3Objects  # botocore takes half a second that local stores need not pay

    objects = S3Objects(client, bucket, prefix)
    probe(objects)
    return objects


def _client(endpoint: str | None) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5})
    return boto3.client("s3", endpoint_url=endpoint, config=config)
