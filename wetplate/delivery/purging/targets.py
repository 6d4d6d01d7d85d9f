"""Which caches must forget, as configured.

Here: reading WETPLATE_PURGERS and the token. Not here: any driver. A driver is imported when it is named.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from wetplate.delivery.purging import nearby
from wetplate.delivery.purging.purger import Purger
from wetplate.errors import SettingError
from wetplate.settings import Serving
from wetplate.storage.secret_file import secret

FILE: Final = "purge-token"
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,128}", re.ASCII)


def configured(how: Serving, var: Path) -> tuple[Purger, ...]:
    """The caches of WETPLATE_PURGERS, else those that run on this machine; those nearest to the origin first.

    Raises SettingError.
    """
    entries = (how.purgers or nearby.found(var)).split()
    found = [_purger(entry, how, var) for entry in entries if entry != "none"]
    if len({purger.name for purger in found}) < len(found):
        raise SettingError(f"WETPLATE_PURGERS={how.purgers!r} names a cache twice")
    return tuple(sorted(found, key=lambda purger: purger.tier))


def token(how: Serving, var: Path) -> str:
    """What a purge of our Varnish carries: WETPLATE_PURGE_TOKEN, else a file under `var`, made on first use.

    Raises SettingError.
    """
    if how.purge_token is not None:
        return _token(how.purge_token, "WETPLATE_PURGE_TOKEN")
    file = var / FILE
    return _token(secret(file, lambda: secrets.token_urlsafe(32), "WETPLATE_PURGE_TOKEN"), str(file))


def _purger(entry: str, how: Serving, var: Path) -> Purger:
    kind, _, where = entry.partition("=")
    if kind not in _OPENERS or not where:
        raise SettingError(
            f"WETPLATE_PURGERS: {entry!r}: expected kind=where with a kind of {', '.join(_OPENERS)}, or none"
        )
    return _OPENERS[kind](where, how, var)


def _varnish(kind: str) -> Callable[[str, Serving, Path], Purger]:
    def opened(where: str, how: Serving, var: Path) -> Purger:
        from wetplate.delivery.purging.varnish import VarnishPurger

        if not where.startswith("http://"):
            raise SettingError(f"WETPLATE_PURGERS: {kind}={where}: expected http://host:port")
        return VarnishPurger(where, token(how, var), kind)

    return opened


def _fastly(where: str, how: Serving, var: Path) -> Purger:
    from wetplate.delivery.purging.fastly import FastlyPurger

    return FastlyPurger(where, _needed(how.fastly_token, "WETPLATE_FASTLY_TOKEN"), how.public_url or None)


def _cloudflare(where: str, how: Serving, var: Path) -> Purger:
    from wetplate.delivery.purging.cloudflare import CloudflarePurger

    key = _needed(how.cloudflare_token, "WETPLATE_CLOUDFLARE_TOKEN")
    return CloudflarePurger(where, key, how.public_url or None)


def _cloudfront(where: str, how: Serving, var: Path) -> Purger:
    from wetplate.delivery.purging.cloudfront import CloudFrontPurger

    return CloudFrontPurger(where, how.public_url or None)


_OPENERS: Final = {
    "shield": _varnish("shield"),
    "varnish": _varnish("varnish"),
    "fastly": _fastly,
    "cloudflare": _cloudflare,
    "cloudfront": _cloudfront,
}


def _needed(value: str | None, name: str) -> str:
    if not value:
        raise SettingError(f"WETPLATE_PURGERS names a cache that wants {name}, which is not set")
    return value


def _token(text: str, origin: str) -> str:
    if not TOKEN.fullmatch(text):
        raise SettingError(f"{origin}: expected 16 to 128 letters, digits, - and _")
    return text


def named(purgers: Sequence[Purger]) -> tuple[str, ...]:
    """The names of these caches, as rows carry them."""
    return tuple(purger.name for purger in purgers)
