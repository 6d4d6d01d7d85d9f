"""What was taken down once, or looks like it, and comes to be judged again.

Here: which paintings look like something blocked, which verdicts rest on a block that is lifted, and that no
person approves what is blocked or was redacted. Not here: the blocklist (`similarity.blocklist`), what
follows from the signal (`bands`).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import Session

from wetplate.errors import Blocked
from wetplate.generation.tables import PaintingRow
from wetplate.moderation.bands import APPROVE, EXACTLY
from wetplate.moderation.judge import Judged
from wetplate.retention.tables import RestrictedRow
from wetplate.similarity import blocklist
from wetplate.similarity.blocklist import Kind
from wetplate.similarity.look import Look
from wetplate.similarity.tables import FingerprintRow


def alike(session: Session, objects_sha256: Sequence[str]) -> set[str]:
    """Which of these stored paintings look like something blocked: for a person to compare."""
    rows = session.scalars(select(FingerprintRow).where(FingerprintRow.object_sha256.in_(objects_sha256)))
    seen = {row.object_sha256: Look(row.phash, row.colours) for row in rows}
    resembled = blocklist.resembling(session, list(seen.values()))
    return {digest for digest, blocks in zip(seen, resembled, strict=True) if blocks}


def outdated(verdict: Any) -> ColumnElement[bool]:
    """Whether a verdict rejects for a block that stands no more, so that the detectors judge anew."""
    same = FingerprintRow.object_sha256 == verdict.object_sha256
    pixels = select(FingerprintRow.object_sha256).where(
        same, blocklist.blocked(Kind.PIXELS, FingerprintRow.pixel_sha256)
    )
    stands = or_(
        blocklist.blocked(Kind.RECIPE, verdict.stream),
        blocklist.blocked(Kind.OBJECT, verdict.object_sha256),
        pixels.correlate(verdict).exists(),
    )
    return and_(verdict.reasons.contains([EXACTLY]), not_(stands))


def require_allowed(session: Session, judged: Judged) -> None:
    """Return unless the verdict approves what is blocked, or what was redacted since. Raises Blocked."""
    if judged.verdict == APPROVE:
        _require_in_reach(session, judged)
        blocklist.require_unblocked(session, recipe_id=judged.recipe_id, object_sha256=judged.object_sha256)


def _require_in_reach(session: Session, judged: Judged) -> None:
    query = select(RestrictedRow.reason).join(PaintingRow, PaintingRow.key == RestrictedRow.key)
    reason = session.scalar(
        query.where(PaintingRow.recipe_id == judged.recipe_id, PaintingRow.sha256 == judged.object_sha256)
    )
    if reason is not None:
        raise Blocked(
            f"the bytes of {judged.recipe_id[:12]} were moved out of reach ({reason}): decide on the picture "
            "that took their place"
        )
