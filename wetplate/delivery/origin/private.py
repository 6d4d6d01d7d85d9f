"""`/signed/…`: images that are not public, for who holds a signed address.

Here: from a signed address to an answer that nobody stores. Not here: signatures (`signing`).

Rules:
1. The signature is judged before anything is looked up.
2. A signature opens drafts and hidden images, never withdrawn or rejected ones, and only at their
   present version.
3. Nothing made here is kept by us or by anybody.
"""

import time

from starlette.requests import Request

from wetplate.delivery import caching, conditional, signing
from wetplate.delivery.caching import Kind
from wetplate.delivery.origin.answers import OWN_SITE, Answer, answer, cache_status, timing
from wetplate.delivery.origin.service import TRIES, Service
from wetplate.delivery.origin.transformed import pictured, who
from wetplate.delivery.tracing.spans import past
from wetplate.delivery.urls import Signed
from wetplate.errors import Busy


async def private(service: Service, address: Signed, request: Request) -> Answer:
    """The transform. Raises SignatureRefused and the errors of `Transforms.rendered`."""
    remaining = signing.verify(service.ring, address, now=time.time(), method=request.method)
    target = address.target
    for _ in range(TRIES):
        stands = await service.standing(target.image)
        stands.admit(target.version, signed=True)
        made = await service.transforms.rendered(
            stands.image,
            stands.family,
            stands.version,
            target.transform,
            client=who(service, request),
            store=False,
        )
        past(made.seconds)
        if service.unchanged(stands):
            return answer(
                made.body,
                "private",
                pictured(stands, made, f"{made.width}.{made.media_type.rpartition('/')[2]}"),
                {**OWN_SITE, **caching.headers(Kind.PRIVATE, remaining=remaining)},
                {**timing("none", made.seconds), **cache_status("fwd=bypass")},
                etag=conditional.etag(made.sha256),
            )
    raise Busy("queue_full", "this picture changes faster than it can be served; ask again", retry_after=1)
