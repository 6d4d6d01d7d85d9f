"""Where pictures come from, as rows, append-only. Each class names its only writer."""

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
    unknown: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    at: Mapped[datetime] = mapped_column(default=now)


class OriginalRow(Base):
    """A file adopted from outside, as it came. Written by `wetplate.provenance.adoption` only.

    `key` is where its raw bytes lie, `manifest_key` the credentials it came with and `credentials` what was
    found of them then: none, invalid, valid or trusted. `name` is the file's, text that nobody vouches for;
    `infotext` what a generator wrote into it.
    """

    __tablename__ = "originals"
    recipe_id: Mapped[str] = mapped_column(ForeignKey("recipes.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    key: Mapped[str] = mapped_column(info={"object_key": True})
    bytes: Mapped[int]
    media_type: Mapped[str]
    name: Mapped[str]
    source_type: Mapped[str]
    credentials: Mapped[str]
    manifest_key: Mapped[str | None] = mapped_column(info={"object_key": True})
    infotext: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    unknown: Mapped[list[str]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(default=now)


class CredentialsRow(Base):
    """The credentials of a canonical image, signed once, beside its object: its files are made from it.

    Written by `wetplate.provenance.credentials` only. `timestamp` is the authority that vouches for when;
    null where none was asked.
    """

    __tablename__ = "credentials"
    canonical_id: Mapped[str] = mapped_column(ForeignKey("canonical_images.id"), primary_key=True)
    key: Mapped[str] = mapped_column(info={"object_key": True})
    sha256: Mapped[str]
    bytes: Mapped[int]
    timestamp: Mapped[str | None]
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
