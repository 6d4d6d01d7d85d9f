"""`/manifest/…`, `/schemas/manifest.json` and `/openapi.json`: what programs read.

Here: addresses, keeping and headers. Not here: what a manifest says (`manifest`), what the service offers
(`openapi`).

Rules:
1. A manifest that was being made when something of its family was taken from the public is made again before
   it is given or kept. What was published meanwhile may be missing while it is kept: a family at work would
   have no manifest otherwise.
2. One manifest is made once at a time, however many ask for it.
"""

import asyncio
import hashlib
import re
from time import monotonic

from starlette.requests import Request

from wetplate.delivery import caching, conditional, manifest, openapi
from wetplate.delivery.caching import Kind
from wetplate.delivery.origin.answers import (
    NOSNIFF,
    OPEN,
    PARTIAL,
    Answer,
    answer,
    cache_status,
    replaced,
    timing,
)
from wetplate.delivery.origin.service import TRIES, Service, about_family
from wetplate.errors import AddressMoved, AddressRefused, Busy, NotServed, UnknownFamily
from wetplate.recipes.fields import is_slug
from wetplate.storage.database import transaction

START = re.compile(r"(?:0|[1-9][0-9]{0,8})", re.ASCII)
AGE = 30.0


class Documents:
    """The endpoints."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._making: dict[bytes, asyncio.Task[Answer]] = {}
        self._schema = _fixed(manifest.schema(), "application/schema+json")
        self._openapi = _fixed(openapi.written(), "application/json")

    async def schema(self, request: Request) -> Answer:
        """The JSON Schema of a manifest."""
        _no_query(request)
        return self._schema

    async def openapi(self, request: Request) -> Answer:
        """The OpenAPI description of the service."""
        _no_query(request)
        return self._openapi

    async def manifest(self, request: Request) -> Answer:
        """A page of a family's manifest. Raises NotServed, AddressMoved, NewsStale, Busy, StorageError."""
        _no_query(request)
        self._service.news.require_fresh()
        family, start = _asked(request)
        key = manifest.address(family, start).encode()
        if (found := self._service.kept(key, monotonic())) is not None:
            return found
        if key not in self._making:
            making = self._making[key] = asyncio.create_task(self._made(key, family, start))
            making.add_done_callback(lambda done: self._done(key, done))
        return await asyncio.shield(self._making[key])

    async def _made(self, key: bytes, family: str, start: int) -> Answer:
        for _ in range(TRIES):
            before = self._service.edition(family)
            body, began = await asyncio.get_running_loop().run_in_executor(
                self._service.threads, self._written, family, start
            )
            if self._service.edition(family) != before or not self._service.news.fresh():
                continue
            made = _manifest(body, family)
            stored = ["stored"] if self._service.keep(key, made, about_family(family)) else []
            said = {**timing("miss", {"catalog": monotonic() - began}), **cache_status("fwd=miss", *stored)}
            return Answer(made.body, replaced(made.headers, said), made.etag)
        raise Busy("queue_full", "this family changes faster than it can be listed; ask again", retry_after=1)

    def _written(self, family: str, start: int) -> tuple[bytes, float]:
        began = monotonic()
        try:
            with transaction(self._service.database) as session:
                page = manifest.page(session, family, start, self._service.serving.public_url)
        except UnknownFamily as error:
            raise NotServed("no such family; the gallery lists those there are") from error
        return manifest.written(page), began

    def _done(self, key: bytes, done: "asyncio.Task[Answer]") -> None:
        del self._making[key]
        if not done.cancelled():
            done.exception()


def _asked(request: Request) -> tuple[str, int]:
    """Family and place; the place is a block's first."""
    family, text = request.path_params["family"], request.path_params.get("start")
    if not is_slug(family):
        raise NotServed("no such family; the gallery lists those there are")
    if text is None:
        return family, 0
    if not START.fullmatch(text):
        raise AddressRefused("a manifest's page is a number; follow `next`")
    start = int(text) // manifest.PER_PAGE * manifest.PER_PAGE
    if manifest.address(family, start) != request.url.path:
        raise AddressMoved(manifest.address(family, start))
    return family, start


def _manifest(body: bytes, family: str) -> Answer:
    cached = caching.headers(Kind.MANIFEST, tags=(caching.tags("", family)[1], caching.listing(family)))
    return answer(
        body,
        "manifest",
        {"Content-Type": "application/json", **NOSNIFF, **OPEN, **PARTIAL, **cached},
        {"Link": f'<{manifest.SCHEMA_PATH}>; rel="describedby"', **timing("hit", {}), **cache_status("hit")},
        etag=_etag(body),
        until=monotonic() + AGE,
    )


def _fixed(body: bytes, media_type: str) -> Answer:
    """A document that only a release changes."""
    cached = caching.headers(Kind.MANIFEST)
    return answer(
        body, "schema", {"Content-Type": media_type, **NOSNIFF, **OPEN, **PARTIAL, **cached}, etag=_etag(body)
    )


def _etag(body: bytes) -> str:
    return conditional.etag(hashlib.sha256(body).hexdigest())


def _no_query(request: Request) -> None:
    if request.scope["query_string"]:
        raise AddressRefused("this address takes no query string; leave out everything from the ? on")
