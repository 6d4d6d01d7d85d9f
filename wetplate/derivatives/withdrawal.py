"""Derivatives of an image that was taken down: their rows stay as record, their objects may go.

Here: setting rows out of force, and which objects no row in force needs. Not here: why (publication),
deleting.
"""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wetplate.derivatives.tables import DerivativeRow
from wetplate.storage.database import now


def withdraw(session: Session, canonical_id: str) -> None:
    """Set every derivative of the image out of force; doing it twice changes nothing."""
    in_force = (DerivativeRow.canonical_id == canonical_id) & DerivativeRow.withdrawn_at.is_(None)
    session.execute(update(DerivativeRow).where(in_force).values(withdrawn_at=now()))


def withdrawn_keys(session: Session, canonical_id: str) -> list[str]:
    """Keys of the image's withdrawn derivatives that no derivative in force stands under."""
    needed = select(DerivativeRow.key).where(DerivativeRow.withdrawn_at.is_(None))
    gone = select(DerivativeRow.key).where(
        DerivativeRow.canonical_id == canonical_id,
        DerivativeRow.withdrawn_at.is_not(None),
        DerivativeRow.key.not_in(needed),
    )
    return sorted(set(session.scalars(gone)))
