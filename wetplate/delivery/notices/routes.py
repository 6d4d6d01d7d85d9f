"""`/notices/`: anybody may complain about a picture, and see what became of it.

Here: what may be sent, what is answered, headers. Not here: what a notice is (`publication.notices`), how a
decision is carried out (`carrying_out`).

Rules:
1. A form or JSON by POST to `/notices/`; a picture may come with the form. It is looked at in a worker, and
   only its hashes are kept. A notice that lacks something is received and told so.
2. The receipt's address is the only key to the notice: its token stands in the path, nobody stores the
   answer, no page it leads to learns it.
3. Nothing that somebody wrote is shown again, but to people at work. Nobody is told who complained.
4. A form of another site is refused, and so is one whose trap is filled; so many a minute from one client,
   so many that nobody has looked at.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy.orm import Session
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
from wetplate.errors import Busy, NoticeError, NoticeUnknown, NotServed, UploadRefused
from wetplate.publication.notices import catalog, decisions, kinds, locate, statement, steps
from wetplate.publication.notices.kinds import FIELDS, REQUIRED
from wetplate.publication.notices.locate import Upload, Where
from wetplate.publication.notices.steps import State, Step
from wetplate.publication.notices.tables import NoticeRow
from wetplate.retention.personal import Wrapping
from wetplate.storage.database import transaction

TEMPLATES: Final = Path(__file__).parent / "templates"
STYLE: Final = (Path(__file__).parent / "notices.css").read_text().strip()
MOST: Final = 9 * 2**20
SMALL: Final = 64 * 2**10
TRAP: Final = "website"  # a field that people do not see
A_MINUTE: Final = 10
WAITING: Final = 5_000
STRANGER: Final = "stranger"
POINTING: Final = ("kind", "url", "urls", "hash", "hashes", TRAP)
APPEALING: Final = ("appeal", "token", "reason", TRAP)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Sent:
    """What somebody sent: texts by field, each with all its values, a picture, and whether it was a form."""

    texts: Mapping[str, Sequence[str]]
    picture: bytes | None = None
    form: bool = False

    def all(self, *names: str) -> list[str]:
        return [line for name in names for value in self.texts.get(name, ()) for line in value.splitlines()]

    def one(self, name: str) -> str:
        return next(iter(self.texts.get(name, ())), "").strip()


class Notices:
    """The endpoints; `wrapping` seals what a notice says about persons."""

    def __init__(self, service: Service, inspector: Inspector, wrapping: Wrapping) -> None:
        self._service, self._inspector, self._wrapping = service, inspector, wrapping
        self._pages = Pages(read(pages.STYLE, pages.SCRIPT).url, TEMPLATES)
        self._throttles = Throttles(A_MINUTE, 0)

    def routes(self) -> list[Route]:
        """Every address."""
        return [
            Route("/notices/", self.page, methods=["GET"]),
            Route("/notices/", self.hand_in, methods=["POST"]),
            Route("/notices/{id}/{token}", self.receipt, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        """The form."""
        html = self._page("notice", "Report a picture", fields=FIELDS, required=REQUIRED, trap=TRAP)
        return Response(html.body, headers=caching.headers(Kind.PAGE) | page_headers(html))

    async def hand_in(self, request: Request) -> Response:
        """A notice, or the appeal of one. Raises UploadRefused, NotServed, Busy, StorageError."""
        if not uploads.own_site(request, self._service.serving.public_url):
            raise UploadRefused("elsewhere", "this form was sent by a page of another site; open ours")
        self._admit(request)
        sent = await _sent(request)
        if sent.one(TRAP):
            raise UploadRefused(
                "unreadable", f"leave the field {TRAP} empty: programs fill it, people do not"
            )
        if sent.one("appeal"):
            row, token = await self._asked(lambda session: self._appealed(session, sent))
            return _see(row, token, sent)
        upload = await self._looked_at(sent.picture) if sent.picture else None
        filed = await self._asked(lambda session: self._filed(session, sent, upload))
        return _see(filed.notice, filed.token, sent, dict(filed.missing), filed.found)

    async def receipt(self, request: Request) -> Response:
        """What became of a notice, for whoever holds its receipt. Raises NotServed, StorageError."""
        id, token = request.path_params["id"], request.path_params["token"]
        told = await self._asked(lambda session: _told(session, catalog.by_receipt(session, id, token)))
        private = {**caching.headers(Kind.PRIVATE), **NOSNIFF, "X-Robots-Tag": "noindex"}
        if "text/html" not in request.headers.get("accept", ""):
            return _json(told, private)
        html = self._page("receipt", "Your notice", told=told, token=token, trap=TRAP)
        return Response(html.body, headers=page_headers(html) | private | {"Referrer-Policy": "no-referrer"})

    def _admit(self, request: Request) -> None:
        try:
            self._throttles.admit(who(self._service, request), "")
        except Busy as busy:
            raise Busy(
                busy.reason, "so many notices at once; slow down", retry_after=busy.retry_after
            ) from busy

    async def _looked_at(self, picture: bytes) -> Upload:
        if len(picture) > locate.UPLOAD.size:
            raise UploadRefused("too_large", f"a picture has {locate.UPLOAD.size:,} bytes at most; send less")
        seen = await self._inspector.inspected(picture)
        assert seen.look is not None
        return Upload(seen.sha256, seen.pixel_sha256, seen.look)

    def _filed(self, session: Session, sent: Sent, upload: Upload | None) -> catalog.Filed:
        if catalog.waiting(session) >= WAITING:
            raise Busy("queue_full", "more notices wait than we can take here; write to us", retry_after=3600)
        pointed = locate.pointed(sent.all("url", "urls"), sent.all("hash", "hashes"))
        said = {name: sent.one(name) for name in sent.texts if name not in POINTING}
        if not sent.one("reason") and not sent.one("work"):
            raise NoticeError("say why the picture should not be shown, in the field `reason`")
        filed = catalog.file(
            session,
            self._wrapping,
            kind=sent.one("kind") or kinds.Kind.OTHER,
            said={name: _ticked(name, value) for name, value in said.items()},
            where=Where(pointed.urls, pointed.hashes, upload),
            actor=STRANGER,
            channel="form" if sent.form else "api",
        )
        catalog.take(session, filed.notice.id, Step.ACKNOWLEDGE, STRANGER, how="receipt")
        return filed

    def _appealed(self, session: Session, sent: Sent) -> tuple[NoticeRow, str]:
        """An appeal by whoever holds the receipt."""
        if strange := sorted(set(sent.texts) - set(APPEALING)):
            known = ", ".join(APPEALING[:3])
            raise NoticeError(f"{strange[0][:40]!r} is no field of an appeal; known: {known}")
        row, why = catalog.by_receipt(session, sent.one("appeal"), sent.one("token")), sent.one("reason")
        told = decisions.appeal(session, row.id, STRANGER, why[:5_000], wrapping=self._wrapping)
        return told, sent.one("token")

    async def _asked(self, ask: Callable[[Session], Found]) -> Found:
        """Ask the catalog, in a thread. Raises UploadRefused, NotServed."""

        def work() -> Found:
            with transaction(self._service.database) as session:
                return ask(session)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._service.threads, work)
        except NoticeUnknown as error:
            raise NotServed(str(error)) from error
        except NoticeError as error:
            raise UploadRefused("unreadable", str(error)) from error

    def _page(self, template: str, title: str, **said: Any) -> Html:
        return self._pages.render(template, STYLE, forms=True, title=title, **said)


async def _sent(request: Request) -> Sent:
    """What was sent, whichever way. Raises UploadRefused."""
    if uploads.media_type(request) == "application/json":
        return Sent(_texts(await uploads.body(request, SMALL)))
    form = await uploads.form(request, MOST)
    return Sent(form.texts, form.files.get("upload") or None, form=True)


def _texts(body: bytes) -> dict[str, list[str]]:
    """A flat JSON object of texts, ticks and lists of texts. Raises UploadRefused."""
    try:
        said = json.loads(body)
        found = {str(name): [_text(each) for each in _many(value)] for name, value in said.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise UploadRefused(
            "unreadable", "expected a JSON object of texts, true or false, and lists of texts"
        ) from error
    return found


def _many(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _ticked(name: str, value: str) -> str | bool:
    return value in ("on", "yes", "true", "1") if name in FIELDS and FIELDS[name].ticked else value


def _told(session: Session, row: NoticeRow) -> dict[str, Any]:
    """What whoever complained may know."""
    state = State(row.state)
    may = Step.APPEAL in steps.steps(catalog.standing(session, row))
    return {
        "id": row.id,
        "kind": row.kind,
        "received": row.at.isoformat(timespec="seconds"),
        "state": state.value,
        "means": state.meaning,
        "found": bool(catalog.images(session, row.id)),
        "due": row.due_at.isoformat(timespec="seconds") if row.due_at else None,
        "answer": statement.answer(session, row) if not state.undecided else {},
        "appeal": may,
    }


def _see(
    row: NoticeRow, token: str, sent: Sent, missing: Mapping[str, str] | None = None, found: bool = True
) -> Response:
    """Where the receipt is: a browser goes there, a program reads it."""
    place = f"/notices/{row.id}/{token}"
    private = {**caching.headers(Kind.PRIVATE), **NOSNIFF, "Location": place}
    if sent.form:
        return Response(status_code=303, headers={**private, "Referrer-Policy": "no-referrer"})
    told = {"id": row.id, "token": token, "receipt": place, "state": row.state, "found": found}
    return _json(told | {"missing": dict(missing or {})}, private, 201)


def _json(value: Mapping[str, Any], headers: Mapping[str, str], status: int = 200) -> Response:
    return Response(json.dumps(value), status, {"Content-Type": "application/json", **headers})
