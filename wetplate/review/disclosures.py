"""What an approval says viewers are to be told, put in force once the image has a record.

Here: making up for the time between the two. Not here: the rows (`provenance.disclosure`), the form.

Rule: an approval's word counts only while nobody has said anything else of the image.
"""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.provenance import disclosure
from wetplate.provenance.tables import DisclosureRow, ProvenanceRow
from wetplate.review.second import Effect
from wetplate.review.tables import DecisionRow


def settle(session: Session) -> list[str]:
    """Say what approvals said of images that have a record by now; gives their canonical ids."""
    query = (
        select(DecisionRow, CanonicalRow.id, ProvenanceRow.source_type)
        .join(CanonicalRow, CanonicalRow.object_sha256 == DecisionRow.object_sha256)
        .join(ProvenanceRow, ProvenanceRow.canonical_id == CanonicalRow.id)
        .where(
            DecisionRow.details.has_key("disclosure"),
            DecisionRow.details["effect"].astext == Effect.IN_FORCE,
            DecisionRow.stream == CanonicalRow.recipe_id,
            ~exists().where(DisclosureRow.stream == CanonicalRow.id),
        )
        .order_by(CanonicalRow.id, DecisionRow.position)
    )
    last = {id: (row, source) for row, id, source in session.execute(query)}
    for id, (row, source) in last.items():
        said = row.details["disclosure"]
        need = said["need"] or disclosure.proposed(source, said["depicts"]).need
        disclosure.say(session, id, need, said["depicts"], "", f"person:{row.reviewer}")
    return list(last)
