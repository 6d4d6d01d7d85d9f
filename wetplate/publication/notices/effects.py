"""What a notice does to images: hides them for the time being, takes them down, gives them back.

Here: the moves and the blocks that go with each step. Not here: the step itself (`decisions`, `execute`).

Rules:
1. Hidden for the time being is reversible and costs nothing: files stay, no address answers, a signed one
   neither, caches forget.
2. From then on the image is blocked, so that no pipeline publishes or paints it again meanwhile; a takedown
   blocks its look as well, for a person to compare.
3. Given back is only what this notice has hidden, and only through the gates of every publication.
4. What was taken down is never un-deleted: reinstating makes it a draft, at its new security version.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import ImageUnknown
from wetplate.publication import moves
from wetplate.publication.notices.catalog import subject
from wetplate.publication.states import Move, State
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.retention import holds
from wetplate.similarity import blocklist
from wetplate.similarity import catalog as similarity
from wetplate.similarity.blocklist import Kind
from wetplate.storage import outbox

BY = "by "


def hide(session: Session, notice_id: str, images: Sequence[str], actor: str) -> list[str]:
    """Take the images off offer and block them; gives those that were offered until now."""
    hidden = []
    for image in sorted(images):
        _block(session, notice_id, image, actor, "withdrawn while a notice is decided")
        if _state(session, image) in moves.OFFERED:
            moves.unpublish(session, image, actor, subject(notice_id))
            hidden.append(image)
        else:
            _tell(session, image, "image.blocked")
    return hidden


def take_down(session: Session, notice_id: str, images: Sequence[str], actor: str, ground: str) -> list[str]:
    """Withdraw the images for good, block them in every way, and hold what proves it."""
    blocklist.lift(session, subject(notice_id), actor)
    for image in sorted(images):
        moves.take_down(session, image, actor, ground, subject(notice_id))
        row = _block(session, notice_id, image, actor, ground)
        if seen := similarity.of(session, row.object_sha256):
            blocklist.block_look(session, seen, subject(notice_id), ground, actor)
        holds.place(session, row.recipe_id, actor, subject(notice_id))
    if images:
        holds.place(session, subject(notice_id), actor, subject(notice_id))
    return sorted(images)


def give_back(session: Session, notice_id: str, images: Sequence[str], actor: str) -> dict[str, str]:
    """Lift the blocks and offer again what this notice has hidden; per image, what became of it."""
    blocklist.lift(session, subject(notice_id), actor)
    for image in sorted(images):
        _tell(session, image, "image.unblocked")
    return {image: _given_back(session, notice_id, image, actor) for image in sorted(images)}


def bring_back(session: Session, notice_id: str, images: Sequence[str], actor: str, reason: str) -> list[str]:
    """Make the withdrawn images drafts again, and let them be painted, judged and published anew.

    Raises IllegalMove: TakedownPending while the takedown has not reached the store.
    """
    blocklist.lift(session, subject(notice_id), actor)
    back = []
    for image in sorted(images):
        if _state(session, image) == State.WITHDRAWN and not _otherwise_blocked(session, image):
            moves.reinstate(session, image, actor, reason, subject(notice_id))
            back.append(image)
    for image in sorted(images):
        _let_go(session, _image(session, image).recipe_id, actor, subject(notice_id))
    return back


def _given_back(session: Session, notice_id: str, image: str, actor: str) -> str:
    last = _last_move(session, image)
    if last is None or last.move != Move.UNPUBLISH or last.reason != subject(notice_id):
        return "was not hidden for this notice"
    try:
        with session.begin_nested():
            moves.publish(session, image, actor)
            if last.from_state == State.SUPERSEDED and (by := _successor(session, image)):
                moves.supersede(session, image, actor, by)
    except moves.REFUSALS as refusal:
        return f"stays hidden: {refusal}"
    return "offered again"


def _tell(session: Session, image: str, topic: str) -> None:
    """News for whoever remembers where the image stands."""
    outbox.append(session, topic, key=image, family=_image(session, image).family)


def _block(session: Session, notice_id: str, image: str, actor: str, reason: str) -> CanonicalRow:
    row = _image(session, image)
    named = (
        (Kind.OBJECT, row.object_sha256),
        (Kind.OBJECT, row.id),
        (Kind.PIXELS, row.pixel_sha256),
        (Kind.RECIPE, row.recipe_id),
    )
    for kind, value in named:
        blocklist.block(session, kind, value, subject(notice_id), reason, actor)
    return row


def _otherwise_blocked(session: Session, image: str) -> bool:
    """Whether another notice keeps it down."""
    row = _image(session, image)
    named = {"recipe_id": row.recipe_id, "object_sha256": row.object_sha256, "pixel_sha256": row.pixel_sha256}
    return blocklist.exact(session, **named) is not None


def _let_go(session: Session, held: str, actor: str, reason: str) -> None:
    if reason in (holds.held(session, held) or "").split("; "):
        holds.lift(session, held, actor, reason)


def _image(session: Session, image: str) -> CanonicalRow:
    row = session.get(CanonicalRow, image)
    if row is None:
        raise ImageUnknown(f"no canonical image has the id {image[:64]!r}")
    return row


def _state(session: Session, image: str) -> State:
    row = session.get(PublicationRow, image)
    return State(row.state) if row else State.DRAFT


def _last_move(session: Session, image: str) -> MoveRow | None:
    query = select(MoveRow).where(MoveRow.stream == image).order_by(MoveRow.position.desc())
    return session.scalars(query.limit(1)).first()


def _successor(session: Session, image: str) -> str:
    """By which image it was superseded last."""
    query = select(MoveRow.reason).where(MoveRow.stream == image, MoveRow.move == Move.SUPERSEDE)
    found = session.scalars(query.order_by(MoveRow.position.desc()).limit(1)).first() or ""
    return found.removeprefix(BY)
