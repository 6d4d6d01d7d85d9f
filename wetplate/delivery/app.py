"""The origin as an application: every route in one place.

Here: putting together. Not here: anything a route does. `app` reads no environment; `from_environment` does,
for uvicorn's workers to import.
"""

import os
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Scope

from wetplate import metrics
from wetplate.attestation import keys as attestation
from wetplate.attestation.keys import Key
from wetplate.delivery import keys, urls
from wetplate.delivery.gallery.routes import routes as gallery
from wetplate.delivery.health import checks, endpoints
from wetplate.delivery.health.exposition import VARIABLE, Exposition
from wetplate.delivery.notices.routes import Notices
from wetplate.delivery.origin import answers, front
from wetplate.delivery.origin.answers import Answer
from wetplate.delivery.origin.documents import Documents
from wetplate.delivery.origin.front import Front
from wetplate.delivery.origin.private import private
from wetplate.delivery.origin.published import published
from wetplate.delivery.origin.service import Service
from wetplate.delivery.origin.transformed import auto, on_demand
from wetplate.delivery.problems import problem
from wetplate.delivery.provenance.records import Records
from wetplate.delivery.purging.purger import Purger
from wetplate.delivery.purging.relay import Relay
from wetplate.delivery.purging.targets import configured
from wetplate.delivery.signing import KeyRing
from wetplate.delivery.tracing import spans
from wetplate.delivery.urls import Auto, OnDemand, Published
from wetplate.delivery.verification.inspector import Inspector
from wetplate.delivery.verification.routes import Verification
from wetplate.errors import NotServed, SignatureRefused, StoreUnfaithful, WetplateError
from wetplate.provenance import certificates
from wetplate.provenance.certificates import NOBODY, Chain
from wetplate.retention import personal
from wetplate.retention.personal import Wrapping
from wetplate.settings import Reviewing, Serving, reviewing, serving, settings
from wetplate.storage.database import catalog_url, engine
from wetplate.storage.objects import Objects
from wetplate.storage.stores import open_objects


class Origin(Starlette):
    """Starlette with the front before it; `service` is what its routes share."""

    service: Service
    front: Front | None = None

    def build_middleware_stack(self) -> ASGIApp:
        self.front = Front(self.service, super().build_middleware_stack())
        return spans.traced(self.front)

    def ready(self, scope: Scope) -> tuple[bytes, bytes] | None:
        """What `protocol` may answer without asking further: pictures in memory, unless spans are kept."""
        if self.front is None or self.middleware_stack is not self.front:
            return None
        return self.front.ready(scope)


def app(
    database: Engine,
    objects: Objects,
    serving: Serving,
    ring: KeyRing,
    counted: Path | None = None,
    purgers: Sequence[Purger] = (),
    chain: Chain = NOBODY,
    vouching: Sequence[Key] = (),
    wrapping: Wrapping | None = None,
) -> Origin:
    """The origin over this catalog and this store; signed addresses are verified with the ring.

    `counted` is the folder into which several workers count; `purgers` are the caches that it has forget what
    it hears is withdrawn; `chain` says whose credentials `/verify` trusts;
    the first of `vouching` signs public records, all of them verify; without any there are no records;
    `wrapping` seals what a notice says about persons: without it none are taken.
    """
    service = Service(database, objects, serving, ring)
    handlers: dict[Any, Any] = {WetplateError: _refused, HTTPException: _unknown, Exception: _refused}
    made = Origin(
        routes=[
            *_routes(service, counted),
            *Verification(service, chain).routes(),
            *(Records(service, vouching).routes() if vouching else ()),
            *(Notices(service, Inspector(service.transforms, chain), wrapping).routes() if wrapping else ()),
        ],
        exception_handlers=handlers,
        lifespan=_lifespan(service, Relay(database, purgers)),
    )
    made.router.redirect_slashes = False  # it would redirect to whatever host the request names
    made.service = service
    return made


def from_environment() -> Origin:
    """The origin of the environment as it is now."""
    now, how = settings(), serving()
    ring = keys.configured(how.url_keys, now.var)
    spans.configure(how)
    shared = os.environ.get(VARIABLE)
    return app(
        engine(catalog_url(now)),
        open_objects(now.objects_url, now),
        how,
        ring,
        Path(shared) if shared else None,
        configured(how, now.var),
        certificates.configured(now)[0],
        _vouching(reviewing(), now.var),
        personal.wrapping(reviewing(), now.var),
    )


def _routes(service: Service, counted: Path | None) -> list[BaseRoute]:
    documents = Documents(service)

    async def image(request: Request) -> Answer:
        return await _image(service, request)

    return [
        *(Route(f"/{first}/{{rest:path}}", image) for first in ("images", "auto", "signed")),
        Route("/manifest/{family}.json", documents.manifest),
        Route("/manifest/{family}/{start}.json", documents.manifest),
        Route("/schemas/manifest.json", documents.schema),
        Route("/openapi.json", documents.openapi),
        *gallery(service.database, service.serving.public_url),
        *_health(service, counted),
    ]


async def _image(service: Service, request: Request) -> Answer:
    """Any address of image bytes."""
    raw: bytes = request.scope["raw_path"]
    address = urls.parse(raw.decode("latin-1"), request.scope["query_string"].decode("latin-1"))
    match address:
        case Published():
            return await published(service, address, raw)
        case OnDemand():
            return await on_demand(service, address, raw, request)
        case Auto():
            return await auto(service, address, request)
    return await private(service, address, request)


def _health(service: Service, counted: Path | None) -> list[Route]:
    asked = {
        "catalog": checks.catalog(service.reserved),
        "store": checks.store(service.reserved, service.objects),
        "news": checks.news(lambda: service.news.age, service.serving.staleness),
        "workers": checks.workers(service.transforms.alive),
        "queue": checks.queue(lambda: service.transforms.waiting, service.serving.queue),
    }
    return endpoints.routes(asked, Exposition(service.database, counted))


def _lifespan(service: Service, relay: Relay) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await service.start()
        relay.start()
        try:
            yield
        finally:
            await to_thread(relay.stop)
            await service.stop()
            spans.install(None)

    return lifespan


async def _refused(request: Request, error: Exception) -> Answer:
    """A refusal, or a fault of ours, as a problem; counted where it has a counter of its own."""
    if isinstance(error, SignatureRefused):
        metrics.SIGNATURE_FAILURES.bound(error.reason).inc()
    if isinstance(error, StoreUnfaithful):
        metrics.STORE_UNFAITHFUL.bound(error.reason).inc()
    scope = request.scope
    return answers.refused(problem(error), front.route(scope), private=front.private(scope))


async def _unknown(request: Request, error: Exception) -> Answer:
    """No route: what Starlette says in its own words, said in ours."""
    return await _refused(request, NotServed("nothing stands under this address"))


def _vouching(how: Reviewing, var: Path) -> tuple[Key, ...]:
    """The key that signs, then those that signed before."""
    signing = attestation.configured(how, var)
    return (signing, *(key for key in attestation.trusted(how, var) if key.id != signing.id))
