"""A store behind a bad line: busy, slow, cut short, hung up. Nothing is lost, doubled or taken for another.

The server is moto's; `tests/real_s3` does the same with a real one.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from tests.faults.proxy import Proxy, proxy
from wetplate.errors import ObjectConflict, ObjectMissing, StorageError
from wetplate.storage.s3 import READS, S3Objects

KEY = "canonical/ab/abcd.png"


def client(endpoint: str, key: str = "test", secret: str = "test", tries: int = 1) -> Any:
    """A client that tries so often; it opens a connection a request, as the proxy closes each."""
    config = Config(
        connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": tries}
    )
    keys = {"aws_access_key_id": key, "aws_secret_access_key": secret}
    return boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=config, **keys)


class BadLine:
    """What must hold, whatever server is behind the line."""

    @pytest.mark.parametrize("fault", ["503", "reset"])
    def test_what_fails_is_named_and_can_be_done_again(
        self, line: Proxy, store: S3Objects, fault: str
    ) -> None:
        store.put(KEY, b"bytes" * 500, content_type="image/png")
        line.break_next(fault)
        with pytest.raises(StorageError) as refusal:
            store.get(KEY)
        assert not isinstance(refusal.value, ObjectMissing | ObjectConflict)
        assert store.get(KEY) == b"bytes" * 500

    def test_an_answer_cut_short_is_asked_for_again_a_few_times(self, line: Proxy, store: S3Objects) -> None:
        store.put(KEY, b"bytes" * 500, content_type="image/png")
        line.break_next("truncate", count=READS - 1)
        assert store.get(KEY) == b"bytes" * 500
        line.break_next("truncate", count=READS)
        with pytest.raises(StorageError, match="run again later"):
            store.get(KEY)
        assert line.hit == READS

    @pytest.mark.parametrize("fault", ["503", "reset", "lost"])
    def test_a_put_that_failed_is_done_again_and_stands_once(
        self, line: Proxy, store: S3Objects, fault: str
    ) -> None:
        line.break_next(fault)
        with pytest.raises(StorageError):
            store.put(KEY, b"bytes", content_type="image/png")
        store.put(KEY, b"bytes", content_type="image/png")
        assert [entry.size for entry in store.list("canonical/")] == [5]
        with pytest.raises(ObjectConflict):
            store.put(KEY, b"other", content_type="image/png")

    def test_a_client_that_tries_again_gets_through(self, line: Proxy, patient: S3Objects) -> None:
        for number, fault in enumerate(("503", "reset", "lost", "truncate")):
            key = f"{KEY}.{number}"
            line.break_next(fault)
            patient.put(key, b"bytes", content_type="image/png")
            line.break_next(fault)
            assert patient.get(key) == b"bytes"

    def test_slow_is_slow_and_right(self, line: Proxy, store: S3Objects) -> None:
        line.break_next("slow")
        assert store.put(KEY, b"bytes", content_type="image/png").size == 5


def stores(line: Proxy, tries: int, key: str = "test", secret: str = "test") -> Iterator[S3Objects]:
    """A store of its own over the line."""
    line.break_next("none")
    made = client(line.endpoint, key, secret, tries=tries)
    bucket = f"bucket-{uuid4()}"
    made.create_bucket(Bucket=bucket)
    yield S3Objects(made, bucket)
    made.close()


@pytest.fixture(scope="module")
def line() -> Iterator[Proxy]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with proxy(*server.get_host_and_port()) as made:
        yield made
    server.stop()


@pytest.fixture
def store(line: Proxy) -> Iterator[S3Objects]:
    yield from stores(line, tries=1)


@pytest.fixture
def patient(line: Proxy) -> Iterator[S3Objects]:
    yield from stores(line, tries=4)


class TestWithMoto(BadLine):
    pass
