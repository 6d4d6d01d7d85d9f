"""`wetplate url`: one line that can be fetched, or one that says why not."""

import time
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from tests.publication import images
from wetplate.canonical.tables import CanonicalRow
from wetplate.cli.url import command
from wetplate.delivery import keys, signing
from wetplate.delivery.urls import Signed, parse
from wetplate.derivatives.transform import Transform
from wetplate.errors import ImageUnknown, NotServed, WetplateError
from wetplate.publication import moves
from wetplate.settings import settings
from wetplate.storage.database import transaction
from wetplate.storage.stores import open_objects

ORIGIN = "http://127.0.0.1:3002"


@pytest.fixture
def image(database: Engine, monkeypatch: pytest.MonkeyPatch) -> str:
    """A published image, 128 px wide, in the catalog that the command will open; gives its id."""
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    with transaction(database) as session:
        return images.published(session, open_objects(settings().objects_url, settings()))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, catch_exceptions=True)


def printed(*arguments: str) -> str:
    done = run(*arguments)
    assert done.exit_code == 0, done.output or done.exception
    assert done.stdout.count("\n") == 1
    return done.stdout.strip()


def refused(*arguments: str) -> WetplateError:
    error = run(*arguments).exception
    assert isinstance(error, WetplateError)
    return error


def test_every_kind_of_address(image: str, database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = printed(image[:12])
    assert ahead.startswith(f"{ORIGIN}/images/{image}/")
    assert ahead.endswith("-128.avif")
    assert printed(image, "--width", "128", "--format", "jpeg").endswith("-128.jpg")
    assert printed(image, "--width", "96") == f"{ORIGIN}/images/{image}/v1/w96.avif"
    cropped = printed(image, "--crop", "4x5", "--focus", "35x50", "--quality", "high", "--format", "webp")
    assert cropped == f"{ORIGIN}/images/{image}/v1/w128_crop4x5_fp35x50_qhigh.webp"
    assert printed(image, "--pad", "1x1", "--auto") == f"{ORIGIN}/auto/{image}/v1/w128_pad1x1"
    assert printed(image, "--base", "https://cdn.example/").startswith("https://cdn.example/images/")
    monkeypatch.setenv("WETPLATE_PUBLIC_URL", "https://images.example")
    assert printed(image).startswith("https://images.example/images/")

    with transaction(database) as session:
        moves.unpublish(session, image, "test")
    assert isinstance(error := refused(image), NotServed)
    assert "--sign" in str(error)
    verified(image, printed(image, "--width", "128", "--sign", "5m"))


def verified(image: str, url: str) -> None:
    """Assert that the address lets through to the image's transform for five minutes."""
    signed = parse(urlsplit(url).path)
    assert isinstance(signed, Signed)
    assert (signed.target.image, signed.target.transform) == (image, Transform(128, "avif"))
    left = signing.verify(keys.configured(None, settings().var), signed, now=time.time())
    assert 290 < left <= 300


def test_of_a_rejected_image_nothing_is_signed(image: str, database: Engine) -> None:
    judge(database, image, "review")
    verified(image, printed(image, "--width", "128", "--sign", "5m"))
    judge(database, image, "reject")
    assert isinstance(error := refused(image, "--sign", "5m"), NotServed)
    assert "rejected" in str(error)


def judge(database: Engine, image: str, verdict: str) -> None:
    with transaction(database) as session:
        row = session.get_one(CanonicalRow, image)
        images.verdict(session, row.recipe_id, row.object_sha256, verdict)


def test_what_cannot_be_printed(image: str) -> None:
    assert isinstance(refused("ffff"), ImageUnknown)
    assert "nearest is 96" in str(refused(image, "--width", "100"))
    assert "4x5" in str(refused(image, "--crop", "7x5"))
    assert "belongs to a crop" in str(refused(image, "--focus", "10x10"))
    assert "twice" in str(refused(image, "--crop", "4x5", "--pad", "1x1"))
    assert "1 to 86400 seconds" in str(refused(image, "--sign", "25h"))
    for usage in (
        *(
            ["--auto", "--sign", "5m"],
            ["--auto", "--format", "avif"],
            ["--format", "gif"],
            ["--sign", "soon"],
        ),
        *(["--sign", "-5"], ["--base", "ftp://x"], ["--base", "https://x/y?z"], ["--width", "0"]),
    ):
        assert run(image, *usage).exit_code == 2, usage
