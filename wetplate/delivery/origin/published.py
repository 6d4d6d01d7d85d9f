"""`/images/{image}/{name}` and `….c2pa`: files made ahead, by their content-hashed names.

Here: from an address to an answer. Not here: what may be handed out (`standing`), the hot path (`front`).
"""

from collections.abc import Mapping
from time import monotonic

from wetplate.delivery import caching, conditional, urls
from wetplate.delivery.caching import Kind
from wetplate.delivery.origin.answers import (
    INERT,
    NOSNIFF,
    OPEN,
    PARTIAL,
    Answer,
    answer,
    cache_status,
    replaced,
    timing,
)
from wetplate.delivery.origin.service import TRIES, Service
from wetplate.delivery.standing import NOT_THERE, File, Standing
from wetplate.delivery.urls import Published
from wetplate.errors import Busy, NotServed, StoreUnfaithful
from wetplate.imaging.formats import MEDIA_TYPES
from wetplate.storage.objects import sha256

C2PA = "application/c2pa"
HIT = {**timing("hit", {}), **cache_status("hit")}


async def published(service: Service, address: Published, key: bytes) -> Answer:
    """The file. Raises ImageGone, NotServed, NewsStale, StoreUnfaithful, Busy, StorageError."""
    service.missed()
    for attempt in range(TRIES):
        began = monotonic()
        stands = await service.standing(address.image)
        stands, file = await _file(service, stands, address)
        stood = monotonic()
        try:
            body = await (service.bodies.beside(file) if address.manifest else service.bodies.of(file))
        except StoreUnfaithful:
            if attempt:
                raise
            service.ledger.forget(address.image)  # taken down a moment ago, perhaps: the catalog knows
            continue
        if service.unchanged(stands):
            made = _answer(stands, file, address, body)
            kept = service.keep(key, made, address.image)
            return _told(made, kept, {"standing": stood - began, "store": monotonic() - stood})
    raise Busy("queue_full", "this picture changes faster than it can be served; ask again", retry_after=1)


async def _file(service: Service, stands: Standing, address: Published) -> tuple[Standing, File]:
    """The file of this name; a name that is unknown may be younger than what is known."""
    try:
        file = stands.published(address.name)
    except NotServed:
        stands = await service.ledger.renewed(stands)
        file = stands.published(address.name)
    if address.manifest and file.manifest_key is None:
        raise NotServed(NOT_THERE)
    return stands, file


def _answer(stands: Standing, file: File, address: Published, body: bytes) -> Answer:
    """As it is given again and again out of memory."""
    tags = caching.tags(stands.image, stands.family)
    cached = caching.headers(Kind.DERIVATIVE, tags=tags)
    if address.manifest:
        about = {"Content-Type": C2PA, **NOSNIFF, **OPEN, **PARTIAL}
        return answer(body, "derivative", about, cached, HIT, etag=conditional.etag(sha256(body)))
    about = {"Content-Type": MEDIA_TYPES[file.format], **INERT, **OPEN, **PARTIAL}
    named = {"Content-Disposition": f'inline; filename="{stands.family}-{file.name}"'}
    return answer(
        body,
        "derivative",
        about,
        named,
        _linked(address, file),
        cached,
        HIT,
        etag=conditional.etag(file.sha256),
    )


def _linked(address: Published, file: File) -> dict[str, str]:
    """Where the Content Credentials are, when they are not inside."""
    if file.manifest_key is None:
        return {}
    beside = urls.write(Published(address.image, address.name, manifest=True))
    return {"Link": f'<{beside}>; rel="c2pa-manifest"'}


def _told(made: Answer, kept: bool, seconds: Mapping[str, float]) -> Answer:
    """The same for who waited for it."""
    said = {**timing("miss", seconds), **cache_status("fwd=miss", *(["stored"] if kept else []))}
    return Answer(made.body, replaced(made.headers, said), made.etag)
