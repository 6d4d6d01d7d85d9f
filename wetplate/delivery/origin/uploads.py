"""What strangers hand in: where they may, and reading it with an end.

Here: the addresses that take POST, and bounded reading of bodies and forms. Not here: what becomes of it.

Rules:
1. POST is answered under POSTED only, here and at the edge: exact paths, nothing below them.
2. Nothing is read without a limit, whatever Content-Length says; what is too long is refused while it comes.
3. A page of another site can have a browser send a form here: whoever changes anything asks `own_site` first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from wetplate.errors import UploadRefused

POSTED: Final = frozenset({b"/verify", b"/notices/"})
FIELDS: Final = 64
FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")


async def body(request: Request, most: int) -> bytes:
    """The whole body, at most so many bytes. Raises UploadRefused."""
    said = request.headers.get("content-length", "")
    size = int(said) if said.isdigit() else 0
    parts = list[bytes]()
    try:
        if size <= most:
            size = 0
            async for part in request.stream():
                parts.append(part)
                if (size := size + len(part)) > most:
                    break
    except ClientDisconnect as error:
        raise UploadRefused("cut_short", "the upload was cut short; send it again") from error
    if size > most:
        raise UploadRefused("too_large", f"at most {most:,} bytes may be sent here; send less")
    return b"".join(parts)


@dataclass(frozen=True)
class Form:
    """What a form says: the texts of each field, and the bytes of the first file of each."""

    texts: Mapping[str, Sequence[str]]
    files: Mapping[str, bytes]

    def text(self, name: str) -> str:
        """The field's first text, stripped; "" when there is none."""
        return next(iter(self.texts.get(name, ())), "").strip()


async def form(request: Request, most: int, *, files: int = 1) -> Form:
    """A form of at most so many bytes, uploads included. Raises UploadRefused."""
    kind = media_type(request)
    if kind not in FORMS:
        raise UploadRefused("unsupported", f"expected a form ({' or '.join(FORMS)}), got {kind or 'nothing'}")
    whole = await body(request, most)

    async def once() -> Message:
        return {"type": "http.request", "body": whole, "more_body": False}

    again = Request(request.scope, once)
    try:
        async with again.form(max_files=files, max_fields=FIELDS, max_part_size=most) as read:
            return await _plain(read)
    except HTTPException as error:
        raise UploadRefused("unreadable", f"the form cannot be read: {error.detail}") from error


async def _plain(read: FormData) -> Form:
    texts, kept = dict[str, list[str]](), dict[str, bytes]()
    for name, value in read.multi_items():
        if isinstance(value, str):
            texts.setdefault(name, []).append(value)
        else:
            kept.setdefault(name, await value.read())
    return Form(texts, kept)


def media_type(request: Request) -> str:
    """The media type of what is sent, without parameters; "" when it names none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def own_site(request: Request, public_url: str) -> bool:
    """Whether a browser sent this from a page of ours, or no browser sent it.

    Browsers say where a form comes from (Fetch Metadata, Origin: RFC 6454); programs say nothing.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    hosts = {request.headers.get("host", ""), urlsplit(public_url).netloc}
    return origin is None or urlsplit(origin).netloc in hosts - {""}
