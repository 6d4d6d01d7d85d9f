"""`/notices/{id}/evidence`: the evidence of a notice as one file. Receives the session.

Rules:
1. Only for a senior whose reason was recorded, and committed, a moment ago (`grants`).
2. The files are those of the signed index, byte for byte; nothing of them is kept by anybody: `no-store`.
"""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from zipfile import ZipFile, ZipInfo

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response, StreamingResponse

from wetplate.errors import RoleRefused
from wetplate.publication.notices import catalog, evidence
from wetplate.review import accesses
from wetplate.review.pages import grants
from wetplate.review.pages.endpoint import Asked, Desk, to
from wetplate.storage.objects import Objects

IN_MEMORY = 16 << 20  # bytes; what is larger waits in a temporary file
PIECE = 1 << 16
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def ask(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /notices/{id}/evidence: why somebody needs it. Logged before a byte leaves."""
    row = catalog.find(session, asked.word("id"))
    why = str(form.get("purpose") or "")
    grants.grant(session, asked.who, catalog.subject(row.id), accesses.EVIDENCE, why)
    return to(f"/notices/{row.id}#evidence-copy")


def download(desk: Desk, session: Session, asked: Asked) -> Response:
    """GET /notices/{id}/evidence.zip. Raises RoleRefused without a reason on record, NoticeError."""
    row = catalog.find(session, asked.word("id"))
    if not grants.granted(session, asked.who, catalog.subject(row.id), accesses.EVIDENCE, asked.now):
        raise RoleRefused("a senior says why on the notice's page, and then has the evidence for minutes")
    named = {"Content-Disposition": f'attachment; filename="evidence-{row.id}.zip"'}
    body = _pieces(_zipped(session, desk.objects, row.id))
    return StreamingResponse(body, media_type="application/zip", headers=HEADERS | named)


def _zipped(session: Session, objects: Objects, notice_id: str) -> "SpooledTemporaryFile[bytes]":
    """One file after the other, stored as they are; the same evidence gives the same bytes."""
    written = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by whoever has read it
    with ZipFile(written, "w") as made:
        for name, body in evidence.bundle(session, objects, notice_id):
            made.writestr(ZipInfo(f"{notice_id}/{name}"), body)
    written.seek(0)
    return written


def _pieces(written: "SpooledTemporaryFile[bytes]") -> Iterator[bytes]:
    with written:
        while piece := written.read(PIECE):
            yield piece
