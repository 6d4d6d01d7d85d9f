"""The moves of a publication: the only writer of publication and move rows.

Here: each move as one transaction of the caller: row locked, state machine asked, gates passed, move appended
to the image's chain, event told. Not here: which moves are legal (`states`), what happens to objects
(`takedown`).

Rules:
1. The row is locked first, so of any number of racing callers one makes the move and the others find it made.
2. A move that is made already writes nothing and tells nothing.
3. The verdict is read here, in the same transaction; without an approving one for these very bytes nothing
   leaves.
4. A takedown waits for a derivation in progress, so that no file is made behind its back. Hiding waits for
   nobody who makes files: whatever they make, the state says that it is not handed out.
5. The licence asked is the one the family states now; correcting the family file lets blocked images go out.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from wetplate.canonical.catalog import alone, require_approved
from wetplate.canonical.gate import approved_image
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives import catalog as files
from wetplate.derivatives.profiles import load
from wetplate.derivatives.tables import PlaceholderRow
from wetplate.errors import (
    Blocked,
    ImageUnknown,
    LicenceRefused,
    NotApproved,
    ProvenanceError,
    PublicationError,
)
from wetplate.generation.tables import PaintingRow
from wetplate.moderation.tables import VerdictRow
from wetplate.provenance import licence
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication import states
from wetplate.publication.states import Move, Standing, State
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.recipes.catalog import family_of
from wetplate.recipes.family import Family
from wetplate.recipes.tables import RecipeRow
from wetplate.similarity.blocklist import require_unblocked
from wetplate.storage import outbox
from wetplate.storage.database import now
from wetplate.storage.outbox import Event

REFUSALS = (PublicationError, NotApproved, Blocked, LicenceRefused, ProvenanceError)
LEFT = (State.PUBLISHED, State.HIDDEN, State.SUPERSEDED)
OFFERED = (State.PUBLISHED, State.SUPERSEDED)
IN_DOUBT = "verdict in doubt"
UNLICENSED = "licence"


def hold_still(session: Session, images: Collection[str], files: Collection[str] = ()) -> None:
    """Wait until nobody else moves these images, or makes files of `files`; nobody does until our end.

    Asked before any news is told: who holds the outbox never waits for an image.
    """
    for image in sorted({*files}):
        alone(session, f"derive {image}")
    for image in sorted({*images, *files}):
        _locked(session, image)


def publish(session: Session, canonical_id: str, actor: str) -> PublicationRow:
    """Let the image out. Raises REFUSALS, ImageUnknown."""
    row = _locked(session, canonical_id)
    if states.after(State(row.state), Move.PUBLISH) != row.state:
        _gates(session, row)
    return _move(session, row, Move.PUBLISH, actor, "ready")


def unpublish(session: Session, canonical_id: str, actor: str, note: str = "") -> PublicationRow:
    """Take the image off offer by choice; nothing is deleted. Raises IllegalMove, ImageUnknown."""
    return _move(session, _locked(session, canonical_id), Move.UNPUBLISH, actor, note)


def supersede(session: Session, canonical_id: str, actor: str, by: str) -> PublicationRow:
    """Offer another image (`by`, its canonical id) instead. Raises IllegalMove, ImageUnknown."""
    successor = _image(session, by)
    return _move(session, _locked(session, canonical_id), Move.SUPERSEDE, actor, f"by {successor.id}")


def take_down(session: Session, canonical_id: str, actor: str, reason: str, note: str = "") -> PublicationRow:
    """Withdraw the image from the public; its derivatives are out of force from this commit on.

    Raises UnknownReason, ImageUnknown.
    """
    code = states.reason(Move.TAKE_DOWN, reason)
    alone(session, f"derive {canonical_id}")
    row = _locked(session, canonical_id)
    files.withdraw(session, canonical_id)
    return _move(session, row, Move.TAKE_DOWN, actor, code, note)


def reinstate(session: Session, canonical_id: str, actor: str, reason: str, note: str = "") -> PublicationRow:
    """Make a withdrawn image a draft again. Raises UnknownReason, IllegalMove, ImageUnknown."""
    code = states.reason(Move.REINSTATE, reason)
    row = _locked(session, canonical_id)
    states.executed(pending=bool(pending(session, canonical_id)))
    return _move(session, row, Move.REINSTATE, actor, code, note)


def unpublished(session: Session, family: str) -> list[str]:
    """Canonical ids of the family's current, approved images that are drafts or were hidden for now."""
    draft = func.coalesce(PublicationRow.state, State.DRAFT) == State.DRAFT
    ready = or_(draft, _hidden_for_now())
    return list(session.scalars(_standing(family).where(RecipeRow.current, ready, approved_image())))


def withdraw_rejected(session: Session, family: str, actor: str = "policy") -> list[str]:
    """Take back whatever has left and is no longer approved; gives the canonical ids.

    A reject takes the image down. A doubt (review) only hides it: its files stay, nobody gets them, and
    `unpublished` offers it again as soon as a person approves.
    """
    left = _standing(family).where(~approved_image())
    doubtful = left.where(PublicationRow.state.in_(OFFERED), _in_doubt())
    hidden = list(session.scalars(doubtful))
    gone = list(session.scalars(left.where(PublicationRow.state.in_(LEFT), ~_in_doubt())))
    hold_still(session, hidden, gone)
    back = [image for image in hidden if take_back(session, image, actor, doubt=True)]
    return back + [image for image in gone if take_back(session, image, actor, doubt=False)]


def take_back(session: Session, canonical_id: str, actor: str, *, doubt: bool) -> bool:
    """Hide the image for now (`doubt`) or take it down for its verdict; whether it had left."""
    if not doubt:
        alone(session, f"derive {canonical_id}")
    if _locked(session, canonical_id).state not in (OFFERED if doubt else LEFT):
        return False
    if doubt:
        unpublish(session, canonical_id, actor, IN_DOUBT)
    else:
        take_down(session, canonical_id, actor, "verdict")
    return True


def hide_unlicensed(session: Session, family: str, actor: str = "policy") -> list[str]:
    """Hide what is offered if the family's present licence forbids its channel; gives the canonical ids.

    `unpublished` offers it again, and `publish` lets it out as soon as the licence allows it.
    """
    try:
        licence.permit(family_of(session, family))
    except LicenceRefused:
        offered = _standing(family).where(PublicationRow.state.in_(OFFERED))
        hidden = list(session.scalars(offered))
        hold_still(session, hidden)
        for canonical_id in hidden:
            unpublish(session, canonical_id, actor, UNLICENSED)
        return hidden
    return []


def _in_doubt() -> ColumnElement[bool]:
    """The verdict in force on the image's bytes is review."""
    later = aliased(VerdictRow)
    return exists().where(
        VerdictRow.stream == CanonicalRow.recipe_id,
        VerdictRow.object_sha256 == CanonicalRow.object_sha256,
        VerdictRow.verdict == "review",
        ~exists().where(later.stream == VerdictRow.stream, later.position > VerdictRow.position),
    )


def _hidden_for_now() -> ColumnElement[bool]:
    """The image was hidden by a doubt or by its licence, and nothing was done to it since."""
    later = aliased(MoveRow)
    return exists().where(
        PublicationRow.state == State.HIDDEN,
        MoveRow.stream == CanonicalRow.id,
        MoveRow.reason.in_((IN_DOUBT, UNLICENSED)),
        ~exists().where(later.stream == MoveRow.stream, later.position > MoveRow.position),
    )


def pending(session: Session, canonical_id: str, move: Move = Move.TAKE_DOWN) -> list[int]:
    """Ids of the image's events of this move that nobody has carried out yet."""
    query = select(Event.id).where(
        Event.topic == states.TOPIC[move], Event.key == canonical_id, Event.handled_at.is_(None)
    )
    return list(session.scalars(query))


def _locked(session: Session, canonical_id: str) -> PublicationRow:
    """The image's publication row, made if there is none, locked until the transaction ends."""
    image = _image(session, canonical_id)
    profile = family_of(session, image.family).publication.profile
    draft = {"canonical_id": image.id, "family": image.family, "profile": profile, "state": State.DRAFT}
    session.execute(insert(PublicationRow).values(draft).on_conflict_do_nothing())
    locked = select(PublicationRow).where(PublicationRow.canonical_id == image.id).with_for_update()
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def _image(session: Session, canonical_id: str) -> CanonicalRow:
    image = session.get(CanonicalRow, canonical_id)
    if image is None:
        raise ImageUnknown(f"no canonical image has the id {canonical_id[:64]!r}; `wetplate image` finds ids")
    return image


def _move(
    session: Session, row: PublicationRow, move: Move, actor: str, reason: str, note: str = ""
) -> PublicationRow:
    """Make the move, unless it is made: chain, state, version, event."""
    before, target = State(row.state), states.after(State(row.state), move)
    if before == target:
        return row
    why = f"{reason}: {note}" if note else reason
    MoveRow.append(
        session, row.canonical_id, move=move, from_state=before, to_state=target, actor=actor, reason=why
    )
    row.state, row.at = target, now()
    row.version += states.raises_version(move)
    outbox.append(session, states.TOPIC[move], key=row.canonical_id, family=row.family, version=row.version)
    return row


def _gates(session: Session, row: PublicationRow) -> None:
    """Return if the image may be public: verdict, no block, licence, everything made. Raises REFUSALS."""
    image = require_approved(session, row.canonical_id)
    require_unblocked(
        session,
        recipe_id=image.recipe_id,
        object_sha256=image.object_sha256,
        pixel_sha256=image.pixel_sha256,
    )
    family = family_of(session, row.family)
    licence.permit(family)
    row.profile = family.publication.profile
    states.ready(_facts(session, row.canonical_id, family))


def _facts(session: Session, canonical_id: str, family: Family) -> Standing:
    painter = select(PaintingRow.runtime["painter"].as_string()).join(
        CanonicalRow, CanonicalRow.recipe_id == PaintingRow.recipe_id
    )
    return Standing(
        painter=session.scalars(painter.where(CanonicalRow.id == canonical_id)).one(),
        recorded=session.get(ProvenanceRow, canonical_id) is not None,
        missing=_missing(session, canonical_id, family.publication.profile),
    )


def _missing(session: Session, canonical_id: str, profile: str) -> list[str]:
    placeholder = session.get(PlaceholderRow, canonical_id)
    return [*files.missing(session, canonical_id, load(profile)), *([] if placeholder else ["placeholder"])]


def _standing(family: str) -> Select[str]:
    """Canonical ids of a family beside their recipes and publications, in the order of the recipes."""
    return (
        select(CanonicalRow.id)
        .join(RecipeRow, RecipeRow.id == CanonicalRow.recipe_id)
        .outerjoin(PublicationRow, PublicationRow.canonical_id == CanonicalRow.id)
        .where(CanonicalRow.family == family)
        .order_by(RecipeRow.position, CanonicalRow.id)
    )
