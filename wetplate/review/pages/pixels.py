"""`/pixels/`: the only way a picture gets into the console.

Rules:
1. Bytes are made here from decoded pixels; what lies in the store is never sent as it is.
2. What is in quarantine, or was moved out of reach when it was redacted, goes only to whoever holds a grant
   (`grants`), under whichever task or notice it is asked for; as a neighbour not at all.
3. Of a task that is closed nobody below a reviewer sees anything.
4. A task shows the bytes it is about; painted again since, it shows nothing.
5. Nothing is kept by anybody: `no-store`.
6. The catalog is asked first, and let go of; then the store, and the pixels are made.
"""

from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session
from starlette.responses import Response

from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import DecisionConflict, ImageUnknown, RoleRefused
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.codec import MEDIA_TYPES, PNG, Encoding, decode, encode
from wetplate.imaging.pixels import Pixels
from wetplate.imaging.resize import downscale
from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.publication.notices.tables import NoticeImageRow, NoticeRow
from wetplate.retention import restricted
from wetplate.review.pages import alike, grants, subjects
from wetplate.review.pages.endpoint import Asked, Desk, Later
from wetplate.storage.objects import Objects

FULL, THUMB = "full", "thumb"
SIDE = 192  # of a thumbnail, in pixels: twice what is shown
SMALL = Encoding("webp", 78, effort=0)
LARGE = Encoding("webp", 95, effort=0)
MANY = 4_000_000  # pixels above which a PNG takes seconds
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": "inline",
}


def own(desk: Desk, session: Session, asked: Asked) -> Later:
    """The picture of a task, `full` or as `thumb`."""
    task = _open(session, asked)
    places = _places(session, task.subject, task.object_sha256)
    return partial(_shown, desk.objects, places, asked.word("what"))


def neighbour(desk: Desk, session: Session, asked: Asked) -> Later:
    """The thumbnail of a picture that looks like the task's."""
    task, wanted = _open(session, asked), asked.word("recipe")
    found = next((each for each in alike.near(session, task.object_sha256) if each.recipe_id == wanted), None)
    if found is None or alike.shut(session, {wanted: found.object_sha256})[wanted][0]:
        raise ImageUnknown("no such picture looks like this one, or it is in quarantine or out of reach")
    return partial(_shown, desk.objects, _places(session, wanted, found.object_sha256), THUMB)


def concerned(desk: Desk, session: Session, asked: Asked) -> Later:
    """An image that a notice is about, `full` or as `thumb`. Raises RoleRefused, ImageUnknown."""
    id = asked.word("image")
    row = session.get(NoticeImageRow, (asked.word("notice"), id))
    image = session.get(CanonicalRow, id) if row else None
    if row is None or image is None or subjects.away(session, [image.recipe_id]):
        raise ImageUnknown("the notice is about no such image, or it is out of reach")
    picture = {image.recipe_id: image.object_sha256}
    if grants.shut_of(session, asked.who, session.get_one(NoticeRow, row.notice), picture, asked.now):
        raise RoleRefused(
            "this picture is in quarantine: a senior says why on the notice's page, and sees it"
        )
    return partial(_shown, desk.objects, (image.key,), asked.word("what"))


def _open(session: Session, asked: Asked) -> TaskRow:
    """The task, if its pixels may go out to whoever asks. Raises RoleRefused."""
    task = tasks.get(session, asked.number())
    if not grants.current(asked.who, task):
        raise RoleRefused(f"nothing waits here any more: its picture is shown from the role {grants.PAST} on")
    if not grants.open_to(session, asked.who, task, asked.now):
        raise RoleRefused(
            "this picture is in quarantine or out of reach: a senior says why on its task's page, and sees it"
        )
    return task


def _places(session: Session, recipe_id: str, object_sha256: str) -> Sequence[str]:
    painting = session.get(PaintingRow, recipe_id)
    if painting is None:
        raise ImageUnknown("there is no picture of this")
    if painting.sha256 != object_sha256:
        raise DecisionConflict("the picture was painted again since; a task about the new one will come")
    return restricted.places(session, painting.key)


def _shown(objects: Objects, places: Sequence[str], what: str) -> Response:
    if what not in (FULL, THUMB):
        raise ImageUnknown(f"{what[:20]!r} is nothing a picture is shown as: {FULL}, {THUMB}")
    pixels = decode(restricted.found(objects, places))
    if what == THUMB:
        return _answer(_small(pixels), SMALL)
    return _answer(pixels, PNG if pixels.shape[0] * pixels.shape[1] <= MANY else LARGE)


def _small(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    return downscale(pixels, max(1, min(width, round(SIDE * width / max(width, height)))))


def _answer(pixels: Pixels, encoding: Encoding) -> Response:
    return Response(encode(pixels, encoding), media_type=MEDIA_TYPES[encoding.format], headers=HEADERS)
