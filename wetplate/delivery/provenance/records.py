"""`/provenance/{id}`, `….jws` and `/.well-known/jwks.json`: signed public records and their keys.

Here: from an address to an answer. Not here: what a record says (`wetplate.provenance.public`), signatures
(`wetplate.attestation`).

Rules:
1. One address, one form, so that no cache has to tell clients apart: JSON with the record in the clear beside
   its token, and under `.jws` the token alone. What counts is the token; the clear text is for reading.
2. An image that was taken down still answers, and says so. A draft, and what is hidden for now, do not.
3. A record is kept by the image's tags: a takedown purges it, and it is made anew; nothing is said while news
   of takedowns is stale.
"""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.routing import Route

from wetplate.attestation import jws
from wetplate.attestation.keys import Key
from wetplate.canonical.tables import CanonicalRow
from wetplate.delivery import caching, conditional
from wetplate.delivery.caching import Kind
from wetplate.delivery.origin.answers import NOSNIFF, OPEN, PARTIAL, Answer, answer, cache_status, timing
from wetplate.delivery.origin.service import TRIES, Service
from wetplate.delivery.provenance import TOKEN
from wetplate.errors import AddressRefused, Busy, ImageUnknown, NotServed
from wetplate.provenance import public
from wetplate.provenance.public import Stated
from wetplate.publication.states import Move, State
from wetplate.publication.tables import MoveRow
from wetplate.storage.database import transaction

AGE = 30.0
NONE = "no public record has this id"


@dataclass(frozen=True)
class Signed:
    """A record with what says who signed it."""

    record: dict[str, Any]
    token: str


class Records:
    """The endpoints. Of `keys` the first signs and all verify."""

    def __init__(self, service: Service, keys: Sequence[Key]) -> None:
        self._service, self._keys = service, keys
        known = json.dumps(jws.jwks(keys), separators=(",", ":")).encode()
        self._jwks = _answer(known, "application/jwk-set+json", caching.headers(Kind.KEYS))

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/provenance/{id}.jws", self.token),
            Route("/provenance/{id}", self.record),
            Route(public.KEYS_ADDRESS, self.jwks),
        ]

    async def record(self, request: Request) -> Answer:
        """The record beside its token, as JSON. Raises NotServed, NewsStale, Busy, StorageError."""
        return await self._given(request, _written, "application/json")

    async def token(self, request: Request) -> Answer:
        """The token alone: a compact JWS. Raises the same."""
        return await self._given(request, lambda signed: signed.token.encode(), TOKEN)

    async def jwks(self, request: Request) -> Answer:
        """The public halves of every key that ever signed (RFC 7517)."""
        _no_query(request)
        return self._jwks

    async def _given(self, request: Request, form: Any, media_type: str) -> Answer:
        _no_query(request)
        self._service.news.require_fresh()
        public_id, key = _asked(request), request.scope["raw_path"]
        if (found := self._service.kept(key, monotonic())) is not None:
            return found
        image = await self._in_thread(self._find, public_id)
        for _ in range(TRIES):
            stands = await self._service.standing(image)
            signed = await self._in_thread(self._signed, public_id, stands.state)
            if self._service.unchanged(stands):
                tags = caching.headers(Kind.RECORD, tags=caching.tags(image, stands.family))
                made = _answer(form(signed), media_type, tags)
                self._service.keep(key, made, image)
                return made
        raise Busy("queue_full", "this record changes faster than it can be told; ask again", retry_after=1)

    async def _in_thread(self, call: Any, *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._service.threads, call, *given)

    def _find(self, public_id: str) -> str:
        with transaction(self._service.database) as session:
            try:
                return public.find(session, public_id).id
            except ImageUnknown as error:
                raise NotServed(NONE) from error

    def _signed(self, public_id: str, state: State) -> Signed:
        with transaction(self._service.database) as session:
            image = public.find(session, public_id)
            record = public.record(session, image, stated(session, image, state))
        return Signed(record, public.token(self._keys[0], record))


def stated(session: Session, image: CanonicalRow, state: State) -> Stated:
    """How the image stands, if anybody may know of it. Raises NotServed."""
    moves = (MoveRow.stream == image.id, MoveRow.move == Move.PUBLISH)
    since = session.scalar(select(func.min(MoveRow.at)).where(*moves))
    if since is None or not (state.public or state == State.WITHDRAWN):
        raise NotServed(NONE)
    return Stated(state.value, since)


def _written(signed: Signed) -> bytes:
    said = {"record": signed.record, "jws": signed.token, "jwks": public.KEYS_ADDRESS}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _answer(body: bytes, media_type: str, cached: dict[str, str]) -> Answer:
    about = {"Content-Type": media_type, **NOSNIFF, **OPEN, **PARTIAL, **cached}
    told = {**timing("hit", {}), **cache_status("hit")}
    etag = conditional.etag(hashlib.sha256(body).hexdigest())
    return answer(body, "provenance", about, told, etag=etag, until=monotonic() + AGE)


def _asked(request: Request) -> str:
    public_id: str = request.path_params["id"]
    if not public.ID.fullmatch(public_id):
        raise AddressRefused("a record's id is 32 digits from 0 to f; manifests and credentials name it")
    return public_id


def _no_query(request: Request) -> None:
    if request.scope["query_string"]:
        raise AddressRefused("this address takes no query string; leave out everything from the ? on")
