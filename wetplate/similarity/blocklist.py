"""What must not come back: blocks by exact bytes, exact pixels, recipe, and look. Their only writer.

Here: blocking, lifting, asking. Not here: why something is blocked (`publication.notices`), what the look of
a picture is (`look`), who asks (generation paints no blocked recipe, moderation judges, admission and
publication refuse).

Rules:
1. A block is in force until its subject is lifted; lifting ends it, the row stays.
2. Blocking the same thing for the same subject again changes nothing; two subjects block independently, so
   that lifting one leaves the other in force.
3. Exact (bytes, pixels, recipe) refuses. Alike is a matter for a person: a look never refuses by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from wetplate.errors import Blocked
from wetplate.similarity import look as looks
from wetplate.similarity.look import Look
from wetplate.similarity.tables import BlockRow, FingerprintRow
from wetplate.storage.database import now

COLOURS = looks.SIDE * looks.SIDE * 3  # bytes


class Kind(StrEnum):
    """What of a picture is blocked."""

    OBJECT = "object"
    PIXELS = "pixels"
    PHASH = "phash"
    RECIPE = "recipe"


@dataclass(frozen=True)
class Resemblance:
    """A look in force that a picture resembles: for which subject, how far apart in bits and in colour."""

    subject: str
    bits: int
    delta: float


def block(
    session: Session,
    kind: Kind,
    value: str,
    subject: str,
    reason: str,
    actor: str,
    colours: bytes | None = None,
) -> None:
    """Block `value` (hex) for the subject: `notice:<id>` or a canonical id. `colours` goes with a phash."""
    said = {"kind": Kind(kind), "value": value, "colours": colours, "subject": subject}
    why = {"reason": reason, "actor": actor}
    session.execute(insert(BlockRow).values(said | why).on_conflict_do_nothing())


def block_look(session: Session, seen: Look, subject: str, reason: str, actor: str) -> None:
    """Have whatever looks like this picture come before a person."""
    block(session, Kind.PHASH, _hex(seen.phash), subject, reason, actor, seen.colours)


def lift(session: Session, subject: str, actor: str) -> int:
    """End every block of the subject; gives how many were in force."""
    ended = update(BlockRow).where(BlockRow.subject == subject, BlockRow.lifted_at.is_(None))
    done = ended.values(lifted_at=now(), lifted_by=actor).returning(BlockRow.id)
    return len(session.execute(done).all())


def exact(
    session: Session,
    *,
    recipe_id: str | None = None,
    object_sha256: str | None = None,
    pixel_sha256: str | None = None,
) -> BlockRow | None:
    """The oldest block in force on one of these, if there is one.

    Without `pixel_sha256` the pixels that the fingerprints know for the object are asked for.
    """
    pixels = pixel_sha256 or _pixels(session, object_sha256)
    asked = {Kind.RECIPE: recipe_id, Kind.OBJECT: object_sha256, Kind.PIXELS: pixels}
    named = [and_(BlockRow.kind == kind, BlockRow.value == value) for kind, value in asked.items() if value]
    if not named:
        return None
    query = select(BlockRow).where(or_(*named), BlockRow.lifted_at.is_(None)).order_by(BlockRow.id)
    return session.scalars(query.limit(1)).first()


def require_unblocked(
    session: Session,
    *,
    recipe_id: str | None = None,
    object_sha256: str | None = None,
    pixel_sha256: str | None = None,
) -> None:
    """Return unless one of these is blocked. Raises Blocked."""
    found = exact(session, recipe_id=recipe_id, object_sha256=object_sha256, pixel_sha256=pixel_sha256)
    if found is not None:
        raise Blocked(
            f"{found.kind} {found.value[:12]} was taken down under {found.subject} ({found.reason}) and must "
            "not come back; only reinstating it there lifts the block"
        )


def blocked(kind: Kind, column: Any) -> ColumnElement[bool]:
    """Whether the column's value is blocked: a condition for queries."""
    row = aliased(BlockRow)
    return exists().where(row.kind == kind, row.value == column, row.lifted_at.is_(None))


def resembling(session: Session, pictures: Sequence[Look]) -> list[list[Resemblance]]:
    """Of each picture, the blocked looks that it resembles, the most alike first. Reads the blocks once."""
    blocks = session.execute(_looks()).all() if pictures else []
    if not blocks:
        return [[] for _ in pictures]
    subjects = [block.subject for block in blocks]
    shapes = np.array([_signed(block.value) for block in blocks], np.int64)
    coloured = np.array([block.colours is not None for block in blocks])
    grids = [block.colours or bytes(COLOURS) for block in blocks]
    colours = np.frombuffer(b"".join(grids), np.uint8).reshape(-1, COLOURS)
    return [_resembled(seen, subjects, shapes, colours, coloured) for seen in pictures]


def _resembled(
    seen: Look,
    subjects: Sequence[str],
    shapes: NDArray[np.int64],
    colours: NDArray[np.uint8],
    coloured: NDArray[np.bool_],
) -> list[Resemblance]:
    apart = np.bitwise_count(np.bitwise_xor(shapes, np.int64(seen.phash)).view(np.uint64))
    close = np.flatnonzero(apart <= looks.NEAR_BITS)
    differ = colours[close].astype(np.float64) - np.frombuffer(seen.colours, np.uint8)
    deltas = np.sqrt(np.square(differ).mean(axis=1)) * coloured[close]
    pairs = zip(close.tolist(), deltas.tolist(), strict=True)
    found = [Resemblance(subjects[at], int(apart[at]), delta) for at, delta in pairs]
    return sorted(
        (each for each in found if looks.near(each.bits, each.delta)),
        key=lambda each: (each.bits, each.delta),
    )


def _looks() -> Select[str, str, bytes | None]:
    in_force = BlockRow.kind == Kind.PHASH, BlockRow.lifted_at.is_(None)
    return select(BlockRow.subject, BlockRow.value, BlockRow.colours).where(*in_force)


def _pixels(session: Session, object_sha256: str | None) -> str | None:
    if object_sha256 is None:
        return None
    row = session.get(FingerprintRow, object_sha256)
    return row.pixel_sha256 if row else None


def _hex(phash: int) -> str:
    return f"{phash & (1 << 64) - 1:016x}"


def _signed(value: str) -> int:
    number = int(value, 16)
    return number - (1 << 64) if number >> 63 else number
