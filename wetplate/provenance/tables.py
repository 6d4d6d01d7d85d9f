"""Provenance as rows.

Written by `wetplate.provenance.catalog` only; append-only. Private: holds the prompt.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base, Json, now


class ProvenanceRow(Base):
    """Everything that answers "where does this image come from".

    What travels with public files is `public_id` and a commitment to this record, keyed with `salt` (hex).
    The licence is the family's when the row was written; publication asks the one now in force.
    """

    __tablename__ = "provenance"
    canonical_id: Mapped[str] = mapped_column(ForeignKey("canonical_images.id"), primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    salt: Mapped[str]
    model_id: Mapped[str]
    model_revision: Mapped[str]
    model_files: Mapped[Json]
    prompt: Mapped[str]
    negative_prompt: Mapped[str]
    parameters: Mapped[Json]
    seed: Mapped[int] = mapped_column(BigInteger)
    runtime: Mapped[Json]
    run_id: Mapped[str]
    painted_at: Mapped[datetime]
    licence: Mapped[str]
    restrictions: Mapped[list[str]]
    commercial_use: Mapped[str]
    source_type: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
