"""Which caches are configured, and the token that our own want to see."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from wetplate.delivery.purging.targets import configured, token
from wetplate.errors import SettingError
from wetplate.settings import serving

TOKEN = "a-token-of-sixteen"


def names(text: str, var: Path, **said: str) -> list[str]:
    how = replace(serving(), purgers=text, purge_token=TOKEN, **said)  # type: ignore[arg-type]
    return [purger.name for purger in configured(how, var)]


def test_nearest_to_the_origin_first(tmp_path: Path) -> None:
    text = "cloudflare=zone varnish=http://10.0.0.2:80 fastly=service shield=http://10.0.0.1:80"
    assert names(text, tmp_path, fastly_token="x", cloudflare_token="y") == [
        "shield 10.0.0.1:80",
        "varnish 10.0.0.2:80",
        "cloudflare zone",
        "fastly service",
    ]


def test_cloudfront_is_opened_when_it_is_named(tmp_path: Path) -> None:
    assert names("cloudfront=EDFDVBD6EXAMPLE", tmp_path) == ["cloudfront EDFDVBD6EXAMPLE"]


@pytest.mark.parametrize("text", ["", "  ", "none"])
def test_no_cache_at_all(tmp_path: Path, text: str) -> None:
    assert names(text, tmp_path) == []


@pytest.mark.parametrize(
    ("text", "names_it"),
    [
        ("akamai=1", "akamai"),
        ("varnish", "kind=where"),
        ("varnish=", "kind=where"),
        ("varnish=127.0.0.1:3003", "http://host:port"),
        ("fastly=s", "WETPLATE_FASTLY_TOKEN"),
        ("cloudflare=z", "WETPLATE_CLOUDFLARE_TOKEN"),
        ("varnish=http://a varnish=http://a", "twice"),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, text: str, names_it: str) -> None:
    with pytest.raises(SettingError, match=names_it):
        names(text, tmp_path)


def test_a_token_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    made = token(serving(), tmp_path / "var")
    assert token(serving(), tmp_path / "var") == made
    assert len(made) >= 40
    file = tmp_path / "var" / "purge-token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["purge-token"]
    file.chmod(0o644)
    with pytest.raises(SettingError, match="chmod 600"):
        token(serving(), tmp_path / "var")


@pytest.mark.parametrize(
    "text", ["", "short", "with spaces in the token", 'quote"quote"quote"', "ümlaut" * 4]
)
def test_a_token_that_cannot_be_one(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingError, match="WETPLATE_PURGE_TOKEN"):
        token(replace(serving(), purge_token=text), tmp_path)
