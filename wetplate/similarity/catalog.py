"""The catalog of looks: the only writer of fingerprint rows, and the search for neighbours.

Here: keeping a painting's look, finding what looks like it. Not here: what a look is (`look`), what must not
come back (`blocklist`).

The search reads every row once, in Postgres for the bits (100,000 rows: some 20 ms) and here for the colours
of what is left. Catalogs of millions want an index of neighbours; the hitlist brings one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.imaging.fingerprint import pixel_sha256
from wetplate.imaging.pixels import Pixels
from wetplate.similarity import look as looks
from wetplate.similarity.look import NEAR_BITS, NEAR_DELTA, Look
from wetplate.similarity.tables import FingerprintRow

MOST = 5_000
_CLOSE = text(
    "SELECT recipe_id, object_sha256, phash, colours FROM fingerprints"
    " WHERE bit_count((phash # :phash)::bit(64)) <= :bits"
    " ORDER BY bit_count((phash # :phash)::bit(64)), recipe_id LIMIT :most"
).bindparams(bindparam("phash", type_=BigInteger))


@dataclass(frozen=True)
class Near:
    """A painting that looks alike: how many bits and how much colour it is away."""

    recipe_id: str
    object_sha256: str
    bits: int
    delta: float

    @property
    def same(self) -> bool:
        """Whether it is one picture with what was sought."""
        return looks.same(self.bits, self.delta)


def keep(session: Session, recipe_id: str, object_sha256: str, pixels: Pixels) -> Look:
    """The look of the painting with these stored bytes, kept now unless it is."""
    seen = looks.look(pixels)
    row = {"object_sha256": object_sha256, "recipe_id": recipe_id, "pixel_sha256": pixel_sha256(pixels)}
    entry = insert(FingerprintRow).values({**row, "phash": seen.phash, "colours": seen.colours})
    session.execute(entry.on_conflict_do_nothing())
    return seen


def of(session: Session, object_sha256: str) -> Look | None:
    """The look kept of these stored bytes."""
    row = session.get(FingerprintRow, object_sha256)
    return Look(row.phash, row.colours) if row else None


def near(
    session: Session, seen: Look, *, bits: int = NEAR_BITS, delta: float = NEAR_DELTA, but: str = ""
) -> list[Near]:
    """What looks alike, the likest first; `but` leaves out one painting's stored bytes."""
    rows = session.execute(_CLOSE, {"phash": seen.phash, "bits": bits, "most": MOST}).all()
    found = [_near(seen, *row) for row in rows if row.object_sha256 != but]
    return sorted((each for each in found if each.delta <= delta), key=lambda each: (each.delta, each.bits))


def with_pixels(session: Session, digest: str) -> Sequence[str]:
    """SHA-256s of the stored paintings that have exactly these pixels (`pixel_sha256`)."""
    row = FingerprintRow
    return session.scalars(select(row.object_sha256).where(row.pixel_sha256 == digest).order_by(row.at)).all()


def _near(seen: Look, recipe_id: str, object_sha256: str, phash: int, colours: bytes) -> Near:
    other = Look(phash, colours)
    return Near(recipe_id, object_sha256, looks.bits(seen, other), looks.delta(seen, other))
