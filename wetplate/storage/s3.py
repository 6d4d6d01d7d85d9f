"""Objects in an S3 bucket, through a boto3 client that somebody else configured.

Rules:
1. Every put is conditional (`If-None-Match: *`), so that the store, not we, decides who is first.
2. The SHA-256 travels as metadata; equal bytes are told from others by it, and what is read must match it.
3. An answer that is cut short is asked for again, READS times in all: the client repeats a request that
   failed, but not an answer that broke off while it was read.
4. Stores that ignore the condition exist: `stores.probe` finds them before anything is written.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, IncompleteReadError, ResponseStreamingError

from wetplate.errors import ObjectConflict, ObjectMissing, StorageError, StorageFull
from wetplate.storage.objects import Entry, Head, checked_key, sha256

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EXISTS = ("PreconditionFailed", "412")
RACING = ("ConditionalRequestConflict", "409")
MISSING = ("NoSuchKey", "NotFound", "404")
CUT_SHORT = (IncompleteReadError, ResponseStreamingError)
READS = 3
FULL = ("QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "507")
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)  # seconds between tries when another put of the same key is under way


class S3Objects:
    """A put-once store in a bucket, below `prefix` (no slash at either end; may be empty)."""

    def __init__(self, client: "S3Client", bucket: str, prefix: str = "") -> None:
        self._client, self._bucket = client, bucket
        self._root = f"{prefix}/" if prefix else ""

    def put(self, key: str, body: bytes, *, content_type: str) -> Head:
        name, digest = self._name(key), sha256(body)
        self._create(key, Key=name, Body=body, ContentType=content_type, Metadata={"sha256": digest})
        head = self.head(key)
        if head.sha256 != digest:
            raise ObjectConflict(
                f"{key}: other bytes stand there (sha256 {head.sha256[:12]}); nothing written"
            )
        if head.size != len(body):
            raise StorageError(
                f"{key}: {self._bucket} kept {head.size} of {len(body)} bytes; delete it, run again"
            )
        return head

    def get(self, key: str) -> bytes:
        with self._refusals(key):
            body, metadata = self._read(self._name(key))
        if sha256(body) != metadata.get("sha256", sha256(body)):
            raise StorageError(f"{key}: {self._bucket} gave other bytes than were put; compare with a backup")
        return body

    def head(self, key: str) -> Head:
        with self._refusals(key):
            found = self._client.head_object(Bucket=self._bucket, Key=self._name(key))
        digest = found["Metadata"].get("sha256") or sha256(self.get(key))
        return Head(
            key=key,
            size=found["ContentLength"],
            put_at=found["LastModified"],
            sha256=digest,
            content_type=found["ContentType"],
        )

    def list(self, prefix: str = "") -> Iterator[Entry]:
        pages = self._client.get_paginator("list_objects_v2")
        with self._refusals(prefix):
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._root + prefix):
                for found in page.get("Contents", []):
                    key = found["Key"].removeprefix(self._root)
                    put_at = found["LastModified"].replace(microsecond=0)  # HEAD knows whole seconds only
                    yield Entry(key=key, size=found["Size"], put_at=put_at)

    def delete(self, key: str) -> None:
        with self._refusals(key):
            self._client.delete_object(Bucket=self._bucket, Key=self._name(key))

    def presign(self, key: str, *, expires: timedelta) -> str:
        """A URL signed with the client's credentials."""
        self.head(key)
        with self._refusals(key):
            return self._client.generate_presigned_url(
                "get_object",
                Params={"Bucket": self._bucket, "Key": self._name(key)},
                ExpiresIn=int(expires.total_seconds()),
            )

    def _name(self, key: str) -> str:
        return self._root + checked_key(key)

    def _read(self, name: str) -> tuple[bytes, Mapping[str, str]]:
        """The whole body and its metadata, read again when it was cut short."""
        for _ in range(READS - 1):
            with suppress(*CUT_SHORT):
                return self._read_once(name)
        return self._read_once(name)

    def _read_once(self, name: str) -> tuple[bytes, Mapping[str, str]]:
        found = self._client.get_object(Bucket=self._bucket, Key=name)
        return found["Body"].read(), found["Metadata"]

    def _create(self, key: str, **request: Any) -> None:
        """Put unless something stands there; returns in both cases. Another put under way is waited for."""
        for pause in (*PAUSES, None):
            try:
                with self._refusals(key):
                    self._client.put_object(Bucket=self._bucket, IfNoneMatch="*", **request)
                return
            except _Exists:
                return
            except _Racing:
                if pause is None:
                    raise
                time.sleep(pause)

    @contextmanager
    def _refusals(self, key: str) -> Iterator[None]:
        """The library's errors in the port's words."""
        try:
            yield
        except ClientError as error:
            raise _named(key, self._bucket, error) from error
        except (BotoCoreError, OSError) as error:
            raise StorageError(f"{key}: {self._bucket} does not answer: {error}; run again later") from error


class _Exists(StorageError):
    """Something stands under the key."""


class _Racing(StorageError):
    """Another put of the key is under way."""


def _named(key: str, bucket: str, error: ClientError) -> StorageError:
    code = str(error.response.get("Error", {}).get("Code", "?"))
    for codes, refusal, words in (
        (MISSING, ObjectMissing, "no such object in"),
        (FULL, StorageFull, "no space left in"),
        (EXISTS, _Exists, "an object stands already in"),
        (RACING, _Racing, "somebody else keeps putting it into"),
    ):
        if code in codes:
            return refusal(f"{key}: {words} bucket {bucket} ({code})")
    return StorageError(f"{key}: bucket {bucket} refuses ({error}); check name, credentials and rights")
