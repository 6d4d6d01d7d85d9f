"""Whether an image is approved or rejected now, as conditions for queries over canonical images."""

from sqlalchemy import ColumnElement

from wetplate.canonical.catalog import approved, rejected
from wetplate.canonical.tables import CanonicalRow
from wetplate.moderation.tables import VerdictRow


def approved_image() -> ColumnElement[bool]:
    """True of the canonical rows that `require_approved` would let pass."""
    verdict = approved().where(
        VerdictRow.stream == CanonicalRow.recipe_id, VerdictRow.object_sha256 == CanonicalRow.object_sha256
    )
    return verdict.correlate(CanonicalRow).exists()


def rejected_image() -> ColumnElement[bool]:
    """True of the canonical rows that nobody gets to see, whatever signature he holds."""
    return rejected(CanonicalRow.object_sha256)
