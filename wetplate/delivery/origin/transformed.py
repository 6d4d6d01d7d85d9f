"""`/images/{image}/v{version}/{transform}` and `/auto/…`: files made when somebody asks.

Here: from an address to an answer, and the choice of a format. Not here: making (`transforms`), images that
are not public (`private`).

Rules:
1. Memory keeps what is made for MINUTE at most: a better file may replace it without news.
2. /auto/ answers with what one of at most four on-demand addresses holds, and names it (Content-Location).
"""

from dataclasses import replace
from time import monotonic

from starlette.requests import Request

from wetplate import metrics
from wetplate.delivery import caching, conditional, negotiation, urls
from wetplate.delivery.caching import Kind
from wetplate.delivery.negotiation import OPAQUE, TRANSPARENT
from wetplate.delivery.origin.answers import (
    INERT,
    OPEN,
    PARTIAL,
    Answer,
    answer,
    cache_status,
    replaced,
    timing,
)
from wetplate.delivery.origin.service import TRIES, Service
from wetplate.delivery.standing import Standing
from wetplate.delivery.tracing.spans import past
from wetplate.delivery.transforms.clients import client
from wetplate.delivery.transforms.service import Rendered
from wetplate.delivery.urls import Auto, OnDemand
from wetplate.errors import Busy, WetplateError

MINUTE = 60.0
CACHED = {"hit": ("fwd=miss", "detail=store"), "miss": ("fwd=miss",), "coalesced": ("fwd=miss", "collapsed")}


async def on_demand(service: Service, address: OnDemand, key: bytes, request: Request) -> Answer:
    """The transform. Raises the errors of `Transforms.rendered`, and NewsStale."""
    service.missed()
    stands, made = await rendered(service, address, who(service, request))
    kind = Kind.TRANSFORM_PRODUCTION if made.tier == "production" else Kind.TRANSFORM_FAST
    return _kept(service, key, stands, made, "transform", kind, {})


async def auto(service: Service, address: Auto, request: Request) -> Answer:
    """The transform in the format that the client reads best."""
    stands = await service.standing(address.image)
    stands.admit(address.version)
    target = _chosen(address, stands, request)
    key = b"auto " + urls.write(target).encode()
    if (found := service.kept(key, monotonic())) is not None:
        return found
    stands, made = await rendered(service, target, who(service, request))
    return _kept(service, key, stands, made, "auto", Kind.AUTO, {"Content-Location": urls.write(target)})


async def rendered(service: Service, address: OnDemand, client: str) -> tuple[Standing, Rendered]:
    """A public transform, and where its image stands now that it is made."""
    for _ in range(TRIES):
        stands = await service.standing(address.image)
        stands.admit(address.version)
        try:
            made = await service.transforms.rendered(
                stands.image, stands.family, stands.version, address.transform, client=client
            )
        except WetplateError:
            if service.unchanged(stands):
                raise
            continue
        past(made.seconds)
        metrics.CACHE_REQUESTS.bound("store", made.cache).inc()
        if service.unchanged(stands):
            return stands, made
    raise Busy("queue_full", "this picture changes faster than it can be served; ask again", retry_after=1)


def who(service: Service, request: Request) -> str:
    """Whom a transform is counted against."""
    peer = request.client.host if request.client else ""
    forwarded = ", ".join(request.headers.getlist("x-forwarded-for")) or None
    return client(peer, forwarded, service.proxies)


def pictured(stands: Standing, made: Rendered, name: str) -> dict[str, str]:
    """The headers of any transformed picture."""
    said = f'inline; filename="{stands.family}-{stands.image[:12]}-{name}"'
    return {"Content-Type": made.media_type, "Content-Disposition": said, **INERT, **PARTIAL}


def _chosen(address: Auto, stands: Standing, request: Request) -> OnDemand:
    transparent = any(file.format == "png" for file in stands.files.values())
    accept = ", ".join(request.headers.getlist("accept")) or None
    saving = negotiation.saves_data(request.headers.get("save-data"))
    choice = negotiation.choose(accept, TRANSPARENT if transparent else OPAQUE, saving)
    shape = replace(address.shape, quality="low") if choice.light else address.shape
    return replace(address, shape=shape).of(choice.format)


def _kept(
    service: Service,
    key: bytes,
    stands: Standing,
    made: Rendered,
    route: str,
    kind: Kind,
    more: dict[str, str],
) -> Answer:
    """Put into memory as it is given again, and handed out as it came about."""
    cached = caching.headers(kind, tags=caching.tags(stands.image, stands.family))
    again = answer(
        made.body,
        route,
        pictured(stands, made, f"{made.width}.{made.media_type.rpartition('/')[2]}"),
        {**OPEN, **more, **cached, **timing("hit", {}), **cache_status("hit")},
        etag=conditional.etag(made.sha256),
        until=monotonic() + MINUTE,
    )
    stored = ["stored"] if service.unchanged(stands) and service.keep(key, again, stands.image) else []
    said = {**timing(made.cache, made.seconds), **cache_status(*CACHED[made.cache], *stored)}
    return replace(again, headers=replaced(again.headers, said))
