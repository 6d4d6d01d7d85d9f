"""Provenance and disclosures as rows, append-only. Each class names its only writer."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.chain import Chained
from wetplate.storage.database import Base, Json, now


class ProvenanceRow(Base):
    """Everything that answers "where does this image come from". Private: holds the prompt.

    Written by `wetplate.provenance.catalog` only.

    What travels with public files is `public_id` and a commitment to this record, keyed with `salt` (hex).
    The licence is the family's when the row was written; publication asks the one now in force. Of a picture
    from outside, what is not known is null and named in `unknown`; `ingredient_key` is the manifest it came
    with. `derived_from` is the recipe of the picture that a redacted one was made from.
    """

    __tablename__ = "provenance"
    canonical_id: Mapped[str] = mapped_column(ForeignKey("canonical_images.id"), primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    salt: Mapped[str]
    model_id: Mapped[str | None]
    model_revision: Mapped[str | None]
    model_files: Mapped[Json | None]
    prompt: Mapped[str | None]
    negative_prompt: Mapped[str | None]
    parameters: Mapped[Json | None]
    seed: Mapped[int | None] = mapped_column(BigInteger)
    runtime: Mapped[Json | None]
    run_id: Mapped[str | None]
    painted_at: Mapped[datetime | None]
    licence: Mapped[str]
    restrictions: Mapped[list[str]]
    commercial_use: Mapped[str]
    source_type: Mapped[str]
    derived_from: Mapped[str | None] = mapped_column(ForeignKey("recipes.id"))
    ingredient_key: Mapped[str | None] = mapped_column(info={"object_key": True})
    unknown: Mapped[list[str] | None] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(default=now)


class DisclosureRow(Chained, Base):
    """Whether viewers are told that a machine made the picture; `stream` is the canonical id.

    Written by `wetplate.provenance.disclosure` only. `need` is required, recommended or none; `depicts` lists
    what exists in the world and is shown (product, place, person, event); `words` is the label's text.
    """

    __tablename__ = "disclosures"
    need: Mapped[str]
    depicts: Mapped[list[str]]
    words: Mapped[str]
    actor: Mapped[str]
