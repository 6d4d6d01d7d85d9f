"""Fingerprints and blocks as rows. Each class names its only writer."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base, now


class FingerprintRow(Base):
    """How a picture looks, in a few hundred bytes. Written by `wetplate.similarity.catalog` only.

    `object_sha256` names the stored painting; `phash` is the 64-bit perceptual hash as a signed number,
    `colours` a small grid of colours that tells siblings of one shape apart.
    """

    __tablename__ = "fingerprints"
    object_sha256: Mapped[str] = mapped_column(primary_key=True)
    recipe_id: Mapped[str] = mapped_column(ForeignKey("recipes.id"))
    pixel_sha256: Mapped[str]
    phash: Mapped[int] = mapped_column(BigInteger)
    colours: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(default=now)


Index("fingerprints_recipe", FingerprintRow.recipe_id)
Index("fingerprints_pixels", FingerprintRow.pixel_sha256)


class BlockRow(Base):
    """Something that must not come back. Written by `wetplate.similarity.blocklist` only.

    `kind` is object, pixels, phash or recipe; `value` what is blocked, as hex; `colours` goes with a phash;
    `subject` is why: the notice or the canonical id. In force until `lifted_at`.
    """

    __tablename__ = "blocks"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    value: Mapped[str]
    colours: Mapped[bytes | None]
    subject: Mapped[str]
    reason: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]


Index(
    "blocks_in_force",
    BlockRow.kind,
    BlockRow.value,
    BlockRow.subject,
    unique=True,
    postgresql_where=BlockRow.lifted_at.is_(None),
)
Index("blocks_value", BlockRow.kind, BlockRow.value, postgresql_where=BlockRow.lifted_at.is_(None))
