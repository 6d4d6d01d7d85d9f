"""`GET /verify`: a page that takes a file. `POST /verify`: whose picture it is, for people and programs.

Here: what may be sent, what is told, headers. Not here: the proofs (`publication.identification`).

Rules:
1. A file as the whole body, a form with the field `file`, or JSON `{"sha256": "..."}`; nothing is kept of it.
2. A browser that asks for HTML gets a page, everybody else JSON; no answer is stored by anybody.
3. Only what was public once is told. Each client may ask as often as it may ask for new transforms.
"""

import asyncio
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wetplate.delivery import caching
from wetplate.delivery.caching import Kind
from wetplate.delivery.client.files import read
from wetplate.delivery.gallery import pages
from wetplate.delivery.gallery.pages import Html, Pages
from wetplate.delivery.gallery.routes import page_headers
from wetplate.delivery.origin import uploads
from wetplate.delivery.origin.answers import NOSNIFF
from wetplate.delivery.origin.service import Service
from wetplate.delivery.origin.transformed import who
from wetplate.delivery.transforms.throttles import Throttles
from wetplate.delivery.verification.inspector import Inspector
from wetplate.errors import UploadRefused
from wetplate.provenance.certificates import Chain
from wetplate.publication.identification.answer import AI_GENERATED, OURS, UNKNOWN, Answer, answer
from wetplate.publication.identification.inspection import Inspection
from wetplate.storage.database import transaction

TEMPLATES: Final = Path(__file__).parent / "templates"
MOST: Final = 32 * 2**20
SMALL: Final = 4_096
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
WORDS: Final = {
    OURS: "It is ours",
    AI_GENERATED: "Not ours, and made by a machine",
    UNKNOWN: "Nothing is known of it",
}
OPEN: Final = {"Access-Control-Allow-Origin": "*", **NOSNIFF}


class Verification:
    """The endpoints; `chain` says whose credentials are trusted."""

    def __init__(self, service: Service, chain: Chain) -> None:
        self._service = service
        self._pages = Pages(read(pages.STYLE, pages.SCRIPT).url, TEMPLATES)
        self._inspector = Inspector(service.transforms, chain)
        self._throttles = Throttles(service.serving.per_client, 0)

    def routes(self) -> list[Route]:
        """Both addresses."""
        return [
            Route("/verify", self.page, methods=["GET"]),
            Route("/verify", self.verify, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The form."""
        html = self._page()
        return Response(html.body, headers=caching.headers(Kind.PAGE) | page_headers(html))

    async def verify(self, request: Request) -> Response:
        """The answer. Raises UploadRefused, TransformFailed, Busy, NewsStale, StorageError."""
        self._service.news.require_fresh()
        self._throttles.admit(who(self._service, request), "")
        seen = await self._seen(request)
        threads = self._service.threads
        found = await asyncio.get_running_loop().run_in_executor(threads, self._answer, seen)
        private = caching.headers(Kind.PRIVATE)
        if "text/html" in request.headers.get("accept", ""):
            html = self._page(found, seen)
            return Response(html.body, headers=private | page_headers(html))
        return Response(
            json.dumps(told(found, seen)), headers={"Content-Type": "application/json", **private, **OPEN}
        )

    async def _seen(self, request: Request) -> Inspection:
        kind = uploads.media_type(request)
        if kind == "application/json":
            return Inspection(_digest(await uploads.body(request, SMALL)))
        if kind not in uploads.FORMS:
            return await self._inspector.inspected(await uploads.body(request, MOST))
        file = (await uploads.form(request, MOST)).files.get("file")
        if file is None:
            raise UploadRefused("unreadable", "the form has no file in its field `file`; choose one")
        return await self._inspector.inspected(file)

    def _answer(self, seen: Inspection) -> Answer:
        with transaction(self._service.database) as session:
            return answer(session, seen, stranger=True)

    def _page(self, found: Answer | None = None, seen: Inspection | None = None) -> Html:
        lines = [(name.replace("_", " "), value) for name, value in told(found, seen).items()] if seen else []
        shown = [line for line in lines if line[0] not in ("answer", "says")]
        said: dict[str, Any] = {
            "title": "Whose picture is this?",
            "found": found,
            "told": shown,
            "words": WORDS,
        }
        return self._pages.render("verify", forms=True, most=MOST // 2**20, **said)


def told(found: Answer | None, seen: Inspection) -> dict[str, Any]:
    """What a stranger is told: what is known, and where to read on."""
    known = {name: value for name, value in asdict(found).items() if value is not None} if found else {}
    if known.get("public_id"):
        known["provenance"] = f"/provenance/{known['public_id']}"
    return {"sha256": seen.sha256, **known}


def _digest(body: bytes) -> str:
    try:
        said = json.loads(body)
        digest = said["sha256"] if isinstance(said, dict) else None
    except (ValueError, KeyError, RecursionError):
        digest = None
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise UploadRefused("unreadable", 'expected {"sha256": "<64 lower-case hex digits>"}, or a file')
    return digest
