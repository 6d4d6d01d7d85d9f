"""Each driver keeps the contract and sends the very request its vendor documents."""

import json
import re
from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config

from tests.contracts.purger import PurgerContract
from tests.delivery.purging import vendors
from tests.delivery.purging.vendors import KEY, Vendor, open_for_business, recorded
from wetplate.delivery.purging.cloudflare import CloudflarePurger
from wetplate.delivery.purging.cloudfront import CloudFrontPurger
from wetplate.delivery.purging.fastly import FastlyPurger
from wetplate.delivery.purging.purger import Tier
from wetplate.errors import PurgeFailed

SERVICE = "SU1Z0isxPaozGVKXdv0eY"
ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
DISTRIBUTION = "EDFDVBD6EXAMPLE"


class VendorContract(PurgerContract):
    """The vendor is open for the whole class; each test finds it well, and its book empty."""

    @pytest.fixture
    def cache(self, vendor: Vendor) -> Vendor:
        vendor.failing = None
        vendor.got.clear()
        return vendor


class TestFastly(VendorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def vendor(cls) -> Iterator[Vendor]:
        with open_for_business(Vendor(vendors.fastly, most=256)) as vendor:
            yield vendor

    @pytest.fixture(scope="class")
    @classmethod
    def purger(cls, vendor: Vendor) -> FastlyPurger:
        return FastlyPurger(SERVICE, KEY, api=vendor.url)

    def test_the_documented_request(self, purger: FastlyPurger, cache: Vendor) -> None:
        purger.purge(["i-a", "f-boots"])
        (got,), said = cache.got, recorded("fastly")
        assert (got["method"], got["path"], got["body"]) == (said["method"], said["path"], b"")
        assert got["headers"].items() >= said["headers"].items()
        assert "fastly-soft-purge" not in got["headers"]

    def test_a_wrong_key(self, cache: Vendor) -> None:
        with pytest.raises(PurgeFailed, match="401") as refusal:
            FastlyPurger(SERVICE, "secret-other", api=cache.url).purge(["i-a"])
        assert "secret-other" not in str(refusal.value)


class TestCloudflare(VendorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def vendor(cls) -> Iterator[Vendor]:
        with open_for_business(Vendor(vendors.cloudflare, most=30)) as vendor:
            yield vendor

    @pytest.fixture(scope="class")
    @classmethod
    def purger(cls, vendor: Vendor) -> CloudflarePurger:
        return CloudflarePurger(ZONE, KEY, api=vendor.url)

    def test_the_documented_request(self, purger: CloudflarePurger, cache: Vendor) -> None:
        purger.purge(["i-a", "f-boots"])
        (got,), said = cache.got, recorded("cloudflare")
        assert (got["method"], got["path"], json.loads(got["body"])) == (
            said["method"],
            said["path"],
            said["body"],
        )
        assert got["headers"].items() >= said["headers"].items()

    @pytest.mark.parametrize("body", ['{"success": false, "errors": [{"code": 1}]}', "[]", "<html>"])
    def test_success_is_what_the_body_says(self, purger: CloudflarePurger, cache: Vendor, body: str) -> None:
        cache.failing = (200, body)
        with pytest.raises(PurgeFailed, match="refused"):
            purger.purge(["i-a"])


class TestCloudFront(VendorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def vendor(cls) -> Iterator[Vendor]:
        with open_for_business(Vendor(vendors.cloudfront, most=3_000)) as vendor:
            yield vendor

    @pytest.fixture(scope="class")
    @classmethod
    def purger(cls, vendor: Vendor) -> CloudFrontPurger:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL_CLOUDFRONT", vendor.url)
            patch.setenv("AWS_ACCESS_KEY_ID", "test")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "secret-key")
            return CloudFrontPurger(DISTRIBUTION)

    def test_the_documented_request(self, purger: CloudFrontPurger, cache: Vendor) -> None:
        purger.purge(["i-a", "f-boots"])
        (got,), said = cache.got, recorded("cloudfront")
        assert (got["method"], got["path"]) == (said["method"], said["path"])
        body = re.sub("wetplate-[0-9a-f-]{36}", "REFERENCE", got["body"].decode())
        assert body.removeprefix('<?xml version="1.0" encoding="utf-8"?>\n') == said["body"]

    def test_each_call_has_a_reference_of_its_own(self, purger: CloudFrontPurger, cache: Vendor) -> None:
        """The same reference would be taken for the same invalidation, and nothing would be forgotten."""
        for _ in range(2):
            purger.purge(["i-a"])
        assert len({got["body"] for got in cache.got}) == 2


@pytest.mark.parametrize("kind", [FastlyPurger, CloudflarePurger])
def test_nobody_there(kind: type[FastlyPurger]) -> None:
    purger = kind("x", KEY, "https://images.example", api="http://127.0.0.1:9")
    assert (purger.url, purger.tier) == ("https://images.example", Tier.CDN)
    with pytest.raises(PurgeFailed, match="does not answer"):
        purger.purge(["i-a"])


def test_cloudfront_nobody_there() -> None:
    config = Config(retries={"total_max_attempts": 1})
    nobody = boto3.client(
        "cloudfront", endpoint_url="http://127.0.0.1:9", region_name="us-east-1", config=config,
        aws_access_key_id="x", aws_secret_access_key="x",
    )  # fmt: skip
    with pytest.raises(PurgeFailed, match="refused"):
        CloudFrontPurger(DISTRIBUTION, client=nobody).purge(["i-a"])
