"""Which images a notice is about: by address, by hash, by a picture somebody uploads. Reads only.

Here: looking up, and what stands beside a found image (redacted relatives, the same pixels, near ones). Not
here: what an address says (`addresses`), writing it down (`catalog`).

Rules:
1. What is named, or has the named bytes or pixels, is found. What only looks alike is proposed, and a person
   includes it or leaves it out.
2. A redacted picture and the one it was made from answer for each other: they show the same thing.
3. Strangers point, so the work is bounded: everything is found by an index but what looks alike, for which
   the catalog is read once for each of LOOKS looks at most: the upload's and those of the first images found.
4. An uploaded picture is decoded within limits and kept nowhere; only its hashes are recorded.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow, TransformRow
from wetplate.errors import ImageError, NoticeError
from wetplate.imaging.codec import decode
from wetplate.imaging.fingerprint import pixel_sha256
from wetplate.imaging.limits import Limits
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication.notices import addresses
from wetplate.recipes.catalog import REDACTION
from wetplate.recipes.tables import OF, RecipeRow
from wetplate.similarity import catalog as similarity
from wetplate.similarity.look import Look, look
from wetplate.similarity.tables import FingerprintRow
from wetplate.storage.objects import sha256

MOST = 50
LOOKS = 5
UPLOAD = Limits(size=8 * 2**20, pixels=25_000_000, side=8_192)
DIGEST = re.compile(r"[0-9a-f]{64}")
NAMED, REDACTED, SAME_PIXELS, NEAR = "named", "redacted", "same_pixels", "near"


@dataclass(frozen=True)
class Where:
    """What a notice points with; `upload` is a picture's hashes, not its bytes."""

    urls: Sequence[str] = ()
    hashes: Sequence[str] = ()
    upload: "Upload | None" = None

    def recorded(self) -> dict[str, Any]:
        """As it goes into the record: no query string, no picture."""
        upload = (
            {"sha256": self.upload.sha256, "pixel_sha256": self.upload.pixel_sha256} if self.upload else {}
        )
        urls = [addresses.shown(url) for url in self.urls]
        return {"urls": urls, "hashes": list(self.hashes), "upload": upload}

    @property
    def anything(self) -> bool:
        """Whether it points at all."""
        return bool(self.urls or self.hashes or self.upload)


@dataclass(frozen=True)
class Upload:
    """What is kept of an uploaded picture."""

    sha256: str
    pixel_sha256: str
    look: Look = field(repr=False)


def pointed(urls: Iterable[str] = (), hashes: Iterable[str] = (), picture: bytes | None = None) -> Where:
    """What was given, checked. Raises NoticeError, ImageError for an upload that is no picture."""
    given = tuple(dict.fromkeys(url.strip() for url in urls if url.strip()))
    digests = tuple(dict.fromkeys(digest.strip().lower() for digest in hashes if digest.strip()))
    if len(given) + len(digests) > MOST:
        raise NoticeError(f"{MOST} addresses and hashes at most in one notice; send several")
    if wrong := [digest for digest in digests if not DIGEST.fullmatch(digest)]:
        raise NoticeError(f"{wrong[0][:70]!r} is no SHA-256: expected 64 hex digits")
    if long := [url for url in given if len(url) > addresses.LONGEST]:
        raise NoticeError(f"{long[0][:60]!r}... has more than {addresses.LONGEST} characters")
    return Where(given, digests, uploaded(picture) if picture else None)


def uploaded(picture: bytes) -> Upload:
    """The hashes of an uploaded picture. Raises ImageError."""
    if len(picture) > UPLOAD.size:
        raise ImageError(f"the picture has {len(picture):,} bytes; {UPLOAD.size:,} at most")
    pixels = decode(picture, UPLOAD)
    return Upload(sha256(picture), pixel_sha256(pixels), look(pixels))


def located(session: Session, where: Where) -> dict[str, str]:
    """Canonical ids of what is meant, and how each came in: NAMED, REDACTED, SAME_PIXELS or NEAR."""
    found: dict[str, str] = {}
    for image in _named(session, where):
        found.setdefault(image, NAMED)
    for image in _same_pixels(session, where, list(found)):
        found.setdefault(image, SAME_PIXELS)
    for image in _relatives(session, list(found)):
        found.setdefault(image, REDACTED)
    for image in _near(session, where, list(found)):
        found.setdefault(image, NEAR)
    return found


def _named(session: Session, where: Where) -> Iterator[str]:
    said = [addresses.named(url) for url in where.urls]
    ids = [id for each in said for id in each.images] + list(where.hashes)
    if where.upload:
        ids.append(where.upload.sha256)
    yield from session.scalars(
        select(CanonicalRow.id).where(or_(CanonicalRow.id.in_(ids), CanonicalRow.object_sha256.in_(ids)))
    )
    names = [name for each in said for name in each.names]
    for table in (DerivativeRow, TransformRow):
        row: Any = table
        same = or_(row.name.in_(names), row.sha256.in_(ids))
        yield from session.scalars(select(row.canonical_id).where(same).distinct())
    records = [record for each in said for record in each.records]
    yield from session.scalars(select(ProvenanceRow.canonical_id).where(ProvenanceRow.public_id.in_(records)))


def _same_pixels(session: Session, where: Where, images: Sequence[str]) -> Iterator[str]:
    """Also under another recipe: every image whose pixels are those of an image found, named or uploaded."""
    pixels = set(session.scalars(select(CanonicalRow.pixel_sha256).where(CanonicalRow.id.in_(images))))
    pixels |= {*where.hashes, *([where.upload.pixel_sha256] if where.upload else [])}
    yield from session.scalars(select(CanonicalRow.id).where(CanonicalRow.pixel_sha256.in_(pixels)))


def _relatives(session: Session, images: Sequence[str]) -> Iterator[str]:
    """What was redacted from these images or these from it, however often."""
    recipes = set(session.scalars(select(CanonicalRow.recipe_id).where(CanonicalRow.id.in_(images))))
    while True:
        made = select(RecipeRow.id, OF).where(RecipeRow.kind == REDACTION)
        both = made.where(or_(RecipeRow.id.in_(recipes), OF.in_(recipes)))
        wider = recipes | {id for row in session.execute(both) for id in row}
        if wider == recipes:
            break
        recipes = wider
    yield from session.scalars(select(CanonicalRow.id).where(CanonicalRow.recipe_id.in_(recipes)))


def _near(session: Session, where: Where, images: Sequence[str]) -> Iterator[str]:
    near = (near for seen in _looks(session, where, images) for near in similarity.near(session, seen))
    objects = dict.fromkeys(each.object_sha256 for each in near)
    query = select(CanonicalRow.id).where(CanonicalRow.object_sha256.in_(list(objects)[:MOST]))
    yield from session.scalars(query)


def _looks(session: Session, where: Where, images: Sequence[str]) -> Sequence[Look]:
    rows = session.execute(
        select(CanonicalRow.id, FingerprintRow)
        .join(FingerprintRow, CanonicalRow.object_sha256 == FingerprintRow.object_sha256)
        .where(CanonicalRow.id.in_(images[:MOST]))
    )
    kept = {image: Look(row.phash, row.colours) for image, row in rows}
    looks = [where.upload.look] if where.upload else []
    looks += [kept[image] for image in images if image in kept]
    return list(dict.fromkeys(looks))[:LOOKS]
