"""The Merkle tree over every append-only row: leaves and signed heads.

Written by `wetplate.audit.sealing` only; the database refuses any change.
"""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base, now


class LeafRow(Base):
    """One append-only row's place in the tree.

    `source` is its table, `stream` its stream ("" in one without chains), `row_id` its primary key as text,
    `hash` its chain hash, or else the SHA-256 of its canonical JSON; `at` when it says it was written.
    """

    __tablename__ = "audit_leaves"
    __table_args__ = (UniqueConstraint("source", "row_id"),)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    source: Mapped[str]
    stream: Mapped[str]
    row_id: Mapped[str]
    hash: Mapped[str]
    at: Mapped[datetime]


class HeadRow(Base):
    """A signed head: the root over the first `size` leaves; `key` is its object, `signed` the JWS.

    `subtrees` are the roots of the complete subtrees, from which the next head grows.
    """

    __tablename__ = "audit_heads"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[str]
    subtrees: Mapped[list[str]]
    key: Mapped[str] = mapped_column(info={"object_key": True})
    signed: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
