"""`/livez`, `/readyz`, `/metrics`: for orchestrators, load balancers and Prometheus; the edge refuses the two
latter.

Here: routes. Not here: what is checked (`checks`), what is counted (`exposition`).

Rules:
1. `/livez` asks nobody: a process that is alive must not be killed because its catalog is away.
2. `/readyz` is 200 when every check holds, else 503, and names each check in both cases.
3. None of the answers may be stored.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wetplate.delivery.health.checks import Check, Checks
from wetplate.delivery.health.exposition import MEDIA_TYPE, Exposition

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def routes(checks: Mapping[str, Check], exposition: Exposition) -> list[Route]:
    """The three routes, for the application of the origin."""
    asked = Checks(checks)

    async def livez(request: Request) -> Response:
        return _answer(200, "text/plain", b"alive\n")

    async def readyz(request: Request) -> Response:
        found = await asked.found()
        ready = all(each.ok for each in found.values())
        told = {"ready": ready, "checks": {name: asdict(each) for name, each in found.items()}}
        return _answer(200 if ready else 503, "application/json", json.dumps(told, indent=2).encode())

    async def metrics(request: Request) -> Response:
        return _answer(200, MEDIA_TYPE, await exposition.body())

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


def _answer(status: int, media_type: str, body: bytes) -> Response:
    return Response(body, status, headers={**HEADERS, "Content-Type": media_type})
