"""Orphans: objects that no row refers to. Two phases: marked first, deleted by a later pass that looks again.

Here: the mark and the sweep. Not here: what a key means (columns say so by `info={"object_key": True}`).
"""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base


class OrphanRow(Base):
    """An object seen without a row at `marked_at`; swept when still without one a grace later."""

    __tablename__ = "orphans"
    key: Mapped[str] = mapped_column(primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    put_at: Mapped[datetime]
    marked_at: Mapped[datetime]
