"""The history of one image, read from every stage's rows for export. Reads only.

Here: rows to values. Not here: how they are written (`provenance.export`), finding an image by a few digits
(`dossier`).
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow
from wetplate.errors import ImageUnknown
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.formats import MEDIA_TYPES
from wetplate.moderation.tables import VerdictRow
from wetplate.provenance import catalog
from wetplate.provenance.history import History, Judged, Made, Moved
from wetplate.provenance.tables import OriginalRow
from wetplate.publication.dossier import find
from wetplate.publication.tables import MoveRow


def history(session: Session, prefix: str) -> History:
    """What happened to the image whose canonical or recipe id begins so.

    Raises ImageUnknown, AmbiguousId, and ProvenanceError when it has no record yet.
    """
    recipe = find(session, prefix)
    image = session.scalars(select(CanonicalRow).where(CanonicalRow.recipe_id == recipe.id)).one_or_none()
    if image is None:
        raise ImageUnknown(f"recipe {recipe.id[:12]} has no canonical image yet: there is nothing to export")
    row, painting = catalog.recorded(session, image.id), session.get_one(PaintingRow, recipe.id)
    original = session.get(OriginalRow, recipe.id)
    return History(
        kind=recipe.kind,
        recipe=recipe.id,
        public_id=row.public_id,
        salt=row.salt,
        commitment=catalog.claim(session, image.id).commitment,
        record=catalog.private(row),
        painting=Made(painting.sha256, painting.at),
        canonical=Made(image.id, image.at),
        files=_files(session, image.id),
        judged=_judged(session, recipe.id),
        moved=_moved(session, image.id),
        original=Made(original.sha256, original.at, "original", original.media_type) if original else None,
        before=row.derived_from,
    )


def _files(session: Session, image: str) -> list[Made]:
    """Withdrawn ones too: they were public."""
    rows = select(DerivativeRow).where(DerivativeRow.canonical_id == image).order_by(DerivativeRow.id)
    return [
        Made(row.sha256, row.at, row.name, MEDIA_TYPES[row.format], row.credentials)
        for row in session.scalars(rows)
    ]


def _judged(session: Session, recipe: str) -> list[Judged]:
    rows = select(VerdictRow).where(VerdictRow.stream == recipe).order_by(VerdictRow.position)
    return [
        Judged(row.object_sha256, row.at, row.verdict, row.decided_by, row.policy, row.reasons)
        for row in session.scalars(rows)
    ]


def _moved(session: Session, image: str) -> list[Moved]:
    rows = select(MoveRow).where(MoveRow.stream == image).order_by(MoveRow.position)
    return [Moved(row.at, row.move, row.to_state, row.actor, row.reason) for row in session.scalars(rows)]
