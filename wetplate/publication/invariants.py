"""The invariants of the catalog: what must hold between rows. Reads only, no object is opened.

Each rule is a function of the scope that yields what breaks it; its name is the rule's name.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Integer, Select, exists, func, or_, select
from sqlalchemy.orm import aliased

from wetplate.canonical.gate import approved_image
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow, PlaceholderRow
from wetplate.moderation.tables import VerdictRow
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication.findings import Finding, Scope
from wetplate.publication.states import Move, State
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.recipes.tables import RecipeRow
from wetplate.similarity.blocklist import Kind, blocked
from wetplate.storage import outbox
from wetplate.storage.chain import broken
from wetplate.storage.database import now
from wetplate.storage.outbox import Event

#: Of a picture from outside; what else is not known of it stands in `unknown`.
NEEDED_OF_ADOPTED = ("parameters", "licence", "commercial_use", "source_type")
PUBLIC = tuple(state for state in State if state.public)
NEEDED = (
    "model_id",
    "model_revision",
    "model_files",
    "prompt",
    "parameters",
    "runtime",
    "licence",
    "source_type",
)


def published_approved(scope: Scope) -> Iterator[Finding]:
    """What is public has an approving verdict in force for its very bytes."""
    query = _public().where(~approved_image())
    for canonical_id in scope.session.scalars(scope.narrowed(query)):
        yield Finding(
            "published_approved",
            canonical_id,
            "is public without an approving verdict in force for its bytes",
            "run the family's `publications` again, or `wetplate takedown` it",
        )


def published_unblocked(scope: Scope) -> Iterator[Finding]:
    """What is public is blocked by no notice: neither its bytes, nor its pixels, nor its recipe."""
    named = (
        (Kind.OBJECT, CanonicalRow.object_sha256),
        (Kind.OBJECT, CanonicalRow.id),
        (Kind.PIXELS, CanonicalRow.pixel_sha256),
        (Kind.RECIPE, CanonicalRow.recipe_id),
    )
    query = _public().where(or_(*(blocked(kind, column) for kind, column in named)))
    for canonical_id in scope.session.scalars(scope.narrowed(query)):
        yield Finding(
            "published_unblocked",
            canonical_id,
            "is public although a notice blocks its bytes, its pixels or its recipe",
            "`wetplate takedown` it, then find out who published it past the gate",
        )


def outbox_drained(scope: Scope) -> Iterator[Finding]:
    """Work that the outbox holds is done, but for what is fresher than the grace."""
    query = select(Event).where(
        Event.handled_at.is_(None), Event.topic.in_(outbox.HANDLED), Event.at <= now() - scope.grace
    )
    if scope.family is not None:
        query = query.where(Event.family == scope.family)
    for event in scope.session.scalars(query.order_by(Event.id)):
        yield Finding(
            "outbox_drained",
            event.key,
            f"{event.topic} (event {event.id}) has not been carried out since {event.at:%Y-%m-%d %H:%M}",
            "run the family's pipeline, `wetplate takedown` again for a withdrawn image, or the job `refine`",
        )


def verdict_chains(scope: Scope) -> Iterator[Finding]:
    """The chain of every recipe's verdicts is whole."""
    family = select(RecipeRow.id).where(RecipeRow.family == scope.family) if scope.family else None
    yield from _chains(scope, VerdictRow, family, "verdict_chains")


def move_chains(scope: Scope) -> Iterator[Finding]:
    """The chain of every image's moves is whole."""
    family = select(CanonicalRow.id).where(CanonicalRow.family == scope.family) if scope.family else None
    yield from _chains(scope, MoveRow, family, "move_chains")


def provenance_complete(scope: Scope) -> Iterator[Finding]:
    """Whatever has files or has left has a record with every field that answers where it comes from."""
    made = exists().where(DerivativeRow.canonical_id == CanonicalRow.id, DerivativeRow.withdrawn_at.is_(None))
    query = (
        select(CanonicalRow.id, ProvenanceRow)
        .outerjoin(ProvenanceRow, ProvenanceRow.canonical_id == CanonicalRow.id)
        .outerjoin(PublicationRow, PublicationRow.canonical_id == CanonicalRow.id)
        .where(or_(made, func.coalesce(PublicationRow.state, State.DRAFT) != State.DRAFT))
    )
    for canonical_id, row in scope.session.execute(scope.narrowed(query)):
        needed = NEEDED if row is None or row.unknown is None else NEEDED_OF_ADOPTED
        lacking = [name for name in needed if row is None or not getattr(row, name)]
        if lacking:
            yield Finding(
                "provenance_complete",
                canonical_id,
                f"has no record of {', '.join(lacking)}",
                "run the family's `provenance` again",
            )


def placeholder_present(scope: Scope) -> Iterator[Finding]:
    """What is public has something to show before its first byte."""
    query = _public().where(~exists().where(PlaceholderRow.canonical_id == CanonicalRow.id))
    for canonical_id in scope.session.scalars(scope.narrowed(query)):
        yield Finding(
            "placeholder_present", canonical_id, "is public without a placeholder", "derive the family again"
        )


def state_is_last_move(scope: Scope) -> Iterator[Finding]:
    """A publication stands where its last move led, at the version its takedowns make."""
    last = aliased(MoveRow)
    takedowns = func.coalesce(func.sum((MoveRow.move == Move.TAKE_DOWN).cast(Integer)), 0)
    told = (
        select(MoveRow.stream, func.max(MoveRow.position).label("position"), (1 + takedowns).label("version"))
        .group_by(MoveRow.stream)
        .subquery()
    )
    state = func.coalesce(last.to_state, State.DRAFT)
    version = func.coalesce(told.c.version, 1)
    query = (
        select(CanonicalRow.id, PublicationRow.state, PublicationRow.version, state, version)
        .outerjoin(PublicationRow, PublicationRow.canonical_id == CanonicalRow.id)
        .outerjoin(told, told.c.stream == CanonicalRow.id)
        .outerjoin(last, (last.stream == told.c.stream) & (last.position == told.c.position))
        .where(
            or_(
                func.coalesce(PublicationRow.state, State.DRAFT) != state,
                func.coalesce(PublicationRow.version, 1) != version,
            )
        )
    )
    for canonical_id, stands, at, led, made in scope.session.execute(scope.narrowed(query)):
        yield Finding(
            "state_is_last_move",
            canonical_id,
            f"stands as {stands} version {at}, but its moves lead to {led} version {made}",
            "somebody wrote past the moves: find out who, then correct the publication's row",
        )


def _public() -> Select[str]:
    return (
        select(CanonicalRow.id)
        .join(PublicationRow, PublicationRow.canonical_id == CanonicalRow.id)
        .where(PublicationRow.state.in_(PUBLIC))
    )


def _chains(scope: Scope, table: Any, family: Any, rule: str) -> Iterator[Finding]:
    query = select(table).order_by(table.stream, table.position).execution_options(yield_per=1000)
    if family is not None:
        query = query.where(table.stream.in_(family))
    for stream, rows in groupby(scope.session.scalars(query), key=lambda row: row.stream):
        for wrong in broken(list(rows)):
            yield Finding(rule, stream, wrong, "keep the database as evidence and compare with a backup")


RULES = (
    published_approved,
    published_unblocked,
    outbox_drained,
    verdict_chains,
    move_chains,
    provenance_complete,
    placeholder_present,
    state_is_last_move,
)
