"""The S3 store keeps the contract against a server over HTTP, and names every way in which S3 fails."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto.server import ThreadedMotoServer

from tests.contracts.objects import KEY, ObjectsContract
from wetplate.errors import ObjectConflict, ObjectMissing, StorageError, StorageFull, UnsafeStore
from wetplate.settings import settings
from wetplate.storage import s3
from wetplate.storage.objects import sha256
from wetplate.storage.s3 import S3Objects
from wetplate.storage.stores import open_objects, probe


def connected(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}, max_pool_connections=16
        ),
    )


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(endpoint: str) -> Iterator[Any]:
    client = connected(endpoint)
    yield client
    client.close()


@pytest.fixture
def bucket(client: Any) -> str:
    name = f"bucket-{uuid4()}"
    client.create_bucket(Bucket=name)
    return name


class TestS3Objects(ObjectsContract):
    @pytest.fixture
    def store(self, client: Any, bucket: str) -> S3Objects:
        return S3Objects(client, bucket, "some/prefix")


@pytest.fixture
def store(client: Any, bucket: str) -> S3Objects:
    return S3Objects(client, bucket)


def test_prefixes_keep_stores_apart(client: Any, bucket: str) -> None:
    one, other = S3Objects(client, bucket, "one"), S3Objects(client, bucket, "one-more")
    one.put(KEY, b"one", content_type="image/png")
    other.put(KEY, b"other", content_type="image/png")
    assert (one.get(KEY), other.get(KEY)) == (b"one", b"other")
    assert [entry.key for entry in one.list()] == [entry.key for entry in other.list()] == [KEY]


def test_a_presigned_url_reads_the_object(store: S3Objects) -> None:
    store.put(KEY, b"bytes", content_type="image/png")
    with urlopen(store.presign(KEY, expires=timedelta(minutes=1))) as answer:
        assert answer.read() == b"bytes"
        assert answer.headers["Content-Type"] == "image/png"


def test_without_a_signature_nothing_tells_the_expiry(store: S3Objects) -> None:
    store.put(KEY, b"bytes", content_type="image/png")
    url = store.presign(KEY, expires=timedelta(seconds=90))
    assert "X-Amz-Expires=90" in url or "Expires=" in url
    with pytest.raises(HTTPError):
        urlopen(url.replace("abcd", "abce"))


def test_an_object_put_by_somebody_else_is_compared_by_its_bytes(
    client: Any, bucket: str, store: S3Objects
) -> None:
    client.put_object(Bucket=bucket, Key=KEY, Body=b"bytes", ContentType="image/png")
    assert store.put(KEY, b"bytes", content_type="image/png").sha256 == sha256(b"bytes")
    with pytest.raises(ObjectConflict):
        store.put(KEY, b"other", content_type="image/png")


def test_bytes_that_changed_in_the_bucket_are_not_handed_out(
    client: Any, bucket: str, store: S3Objects
) -> None:
    client.put_object(Bucket=bucket, Key=KEY, Body=b"rotten", Metadata={"sha256": sha256(b"bytes")})
    with pytest.raises(StorageError, match="other bytes than were put"):
        store.get(KEY)


def test_a_bucket_that_is_missing(client: Any) -> None:
    with pytest.raises(StorageError, match=r"NoSuchBucket.*check name"):
        S3Objects(client, "nowhere").put(KEY, b"", content_type="image/png")
    with pytest.raises(StorageError):
        list(S3Objects(client, "nowhere").list())


def test_a_server_that_does_not_answer() -> None:
    client = connected("http://127.0.0.1:9")
    with pytest.raises(StorageError, match="does not answer"):
        S3Objects(client, "bucket").get(KEY)
    client.close()


@pytest.fixture
def scripted(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber


HEAD = {
    "ContentLength": 5,
    "LastModified": "2026-01-01T00:00:00Z",
    "ContentType": "image/png",
    "Metadata": {"sha256": sha256(b"bytes")},
}


def test_a_racing_put_is_tried_again(client: Any, scripted: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PAUSES", (0.0, 0.0))
    scripted.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    scripted.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
    scripted.add_response("head_object", HEAD)
    assert S3Objects(client, "bucket").put(KEY, b"bytes", content_type="image/png").size == 5
    scripted.assert_no_pending_responses()


def test_a_put_that_never_gets_its_turn(
    client: Any, scripted: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "PAUSES", (0.0, 0.0))
    for _ in range(3):
        scripted.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    with pytest.raises(StorageError, match="somebody else keeps putting"):
        S3Objects(client, "bucket").put(KEY, b"bytes", content_type="image/png")


@pytest.mark.parametrize(
    ("code", "refusal"),
    [("QuotaExceeded", StorageFull), ("AccessDenied", StorageError), ("SlowDown", StorageError)],
)
def test_refusals_of_the_server(
    client: Any, scripted: Stubber, code: str, refusal: type[StorageError]
) -> None:
    scripted.add_client_error("put_object", code)
    with pytest.raises(refusal, match=code):
        S3Objects(client, "bucket").put(KEY, b"bytes", content_type="image/png")


def test_a_listing_goes_on_to_the_next_page(client: Any, scripted: Stubber) -> None:
    asked = {"Bucket": "bucket", "Prefix": "a/"}
    found = {"Key": "a/1", "Size": 1, "LastModified": datetime(2026, 1, 1, tzinfo=UTC)}
    more = {"Contents": [found], "IsTruncated": True, "NextContinuationToken": "next"}
    scripted.add_response("list_objects_v2", more, asked)
    last = {"Contents": [found | {"Key": "a/2"}], "IsTruncated": False}
    scripted.add_response("list_objects_v2", last, asked | {"ContinuationToken": "next"})
    assert [entry.key for entry in S3Objects(client, "bucket").list("a/")] == ["a/1", "a/2"]


def test_a_put_that_was_cut_short_is_told(client: Any, scripted: Stubber) -> None:
    scripted.add_response("put_object", {})
    scripted.add_response("head_object", HEAD | {"ContentLength": 3})
    with pytest.raises(StorageError, match="kept 3 of 5 bytes"):
        S3Objects(client, "bucket").put(KEY, b"bytes", content_type="image/png")


class Overwriting:
    """An S3 client of a store that ignores the condition, as several do."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put_object(self, IfNoneMatch: str, **request: Any) -> Any:
        return self._client.put_object(**request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def test_a_store_that_overwrites_is_refused(client: Any, bucket: str) -> None:
    with pytest.raises(UnsafeStore, match="cannot hold canonicals"):
        open_objects(f"s3://{bucket}/here", settings(), client=Overwriting(client))
    assert list(S3Objects(client, bucket, "here").list()) == []


def test_a_store_by_url(client: Any, bucket: str) -> None:
    store = open_objects(f"s3://{bucket}/a/b/", settings(), client=client)
    store.put(KEY, b"bytes", content_type="image/png")
    assert client.head_object(Bucket=bucket, Key=f"a/b/{KEY}")["ContentLength"] == 5
    probe(store)


def test_a_missing_object_of_a_missing_prefix(store: S3Objects) -> None:
    with pytest.raises(ObjectMissing):
        store.get("nothing/here")
