"""The whole against a real S3 server: Ceph's gateway. `pytest -m real_s3`; CI runs it.

What moto cannot say: whether conditional puts are atomic, whether signatures are checked, whether a family's
life ends the same when the store fails on the way.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import Engine

from tests.contracts.objects import KEY, ObjectsContract
from tests.faults.proxy import Proxy, proxy
from tests.faults.test_a_bad_line_to_the_store import BadLine, client, stores
from tests.lifecycle.stand_ins import write_family
from tests.lifecycle.walk import approve_all, walk
from tests.real_s3.radosgw import Gateway, missing, radosgw
from wetplate.errors import StorageError
from wetplate.publication import decisions
from wetplate.publication.progress import progress
from wetplate.publication.verify import verify
from wetplate.storage.database import transaction
from wetplate.storage.s3 import S3Objects
from wetplate.storage.stores import probe, probe_race

pytestmark = [pytest.mark.real_s3, pytest.mark.timeout(300), pytest.mark.xdist_group("real_s3")]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    if lacking := missing():
        pytest.skip(
            f"not on this machine: {', '.join(lacking)} (Debian: radosgw ceph-mon ceph-osd ceph-common)"
        )
    with radosgw() as running:
        yield running


@pytest.fixture(scope="module")
def line(gateway: Gateway) -> Iterator[Proxy]:
    where = urlsplit(gateway.endpoint)
    assert where.hostname
    assert where.port
    with proxy(where.hostname, where.port) as made:
        yield made


@pytest.fixture
def store(line: Proxy, gateway: Gateway) -> Iterator[S3Objects]:
    yield from stores(line, 1, gateway.access_key, gateway.secret_key)


@pytest.fixture
def patient(line: Proxy, gateway: Gateway) -> Iterator[S3Objects]:
    yield from stores(line, 5, gateway.access_key, gateway.secret_key)


class TestContract(ObjectsContract):
    pass


class TestBadLine(BadLine):
    pass


def test_conditional_puts_are_atomic(store: S3Objects) -> None:
    probe(store)
    for _ in range(3):
        probe_race(store, 16)


def test_signatures_are_checked(gateway: Gateway, store: S3Objects) -> None:
    stranger = client(gateway.endpoint, gateway.access_key, "not-the-secret")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.list_buckets()
    stranger.close()
    store.put(KEY, b"bytes", content_type="image/png")
    url = store.presign(KEY, expires=timedelta(minutes=1))
    with urlopen(url) as answer:
        assert answer.read() == b"bytes"
    with pytest.raises(HTTPError):
        urlopen(url.replace("abcd", "abce"))


@pytest.mark.parametrize("fault", ["503", "reset", "lost", "truncate"])
def test_a_family_lives_its_life_whatever_the_line_does(
    database: Engine, patient: S3Objects, line: Proxy, tmp_path: Path, fault: str
) -> None:
    write_family(tmp_path, "boots", ["white", "black"])
    line.break_next(fault, 7)  # more than the client tries: the step fails, and is run again
    with pytest.raises(StorageError):
        live(database, patient, tmp_path)
    line.break_next(fault, 2)  # fewer: nobody notices, but for an answer cut short, which nobody asks again
    with suppress(StorageError):
        live(database, patient, tmp_path)
    line.break_next(fault, 1 if fault != "truncate" else 0)
    live(database, patient, tmp_path)
    line.break_next("none")
    with transaction(database) as session:
        decisions.settle(session, "boots")
        now = progress(session, ["boots"])[0]
        assert (now.published, now.withdrawn) == (2, 0)
        assert verify(session, patient) == []


def live(database: Engine, objects: S3Objects, families: Path) -> None:
    """From the family file to the public; run again it does what is missing."""
    walk(database, objects, families, "boots")
    approve_all(database, "boots")
    walk(database, objects, families, "boots")
