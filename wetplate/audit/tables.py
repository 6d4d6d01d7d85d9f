"""The Merkle tree over every append-only row: leaves and signed heads.

Written by `wetplate.audit.sealing` only; the database refuses any change.
"""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base, now


class LeafRow(Base):
    """One chained row's place in the tree: `source` is its table, `row_id` its id, `hash` its chain hash."""

    __tablename__ = "audit_leaves"
    __table_args__ = (UniqueConstraint("source", "row_id"),)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    source: Mapped[str]
    row_id: Mapped[int]
    hash: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class HeadRow(Base):
    """A signed head: the root over the first `size` leaves; `key` is its object, `signed` the JWS."""

    __tablename__ = "audit_heads"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[str]
    key: Mapped[str] = mapped_column(info={"object_key": True})
    signed: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
