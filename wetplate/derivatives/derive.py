"""Deriving: an approved canonical becomes the files that may leave.

Here: the verb and what still needs it. Not here: which files (`plan`), the rows (`catalog`), pixels
(imaging), credentials (provenance).

Rules:
1. The gate is asked inside: no approving verdict, or taken down, no file.
2. The canonical is decoded once, each width resized once from it, each file encoded from an array of its own;
   where the profile has a target, at the quality that reaches it (`quality`).
3. Every file carries the IPTC mark and Content Credentials (inside or beside it) and nothing else but pixels.
4. Encode, check, sign once, hash, put, record: signing is not deterministic, so what has a row is neither
   encoded nor signed again, and the name is the hash of the bytes that leave.
5. Object first, then row. A side-car manifest that stands already vouches for the same bytes and stays.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby

from sqlalchemy.orm import Session

from wetplate.canonical.catalog import alone, require_approved
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives import catalog
from wetplate.derivatives.catalog import incomplete as underived
from wetplate.derivatives.plan import Wanted, absent, plan
from wetplate.derivatives.profiles import Profile
from wetplate.derivatives.quality import SCORER, Found, Judge, find
from wetplate.derivatives.tables import DerivativeRow
from wetplate.errors import DerivativeError, NotApproved, ObjectConflict
from wetplate.imaging.chunks import foreign
from wetplate.imaging.codec import EXTENSIONS, MEDIA_TYPES, decode, encode
from wetplate.imaging.flatness import flat
from wetplate.imaging.pixels import Pixels, transparent
from wetplate.imaging.placeholder import dominant, thumbhash
from wetplate.imaging.resize import downscale
from wetplate.provenance import credentials
from wetplate.provenance.credentials import MANIFEST, SIDECAR, Base
from wetplate.provenance.metadata import xmp_packet
from wetplate.provenance.signing import Signer
from wetplate.storage.objects import Objects, sha256

__all__ = ["derive", "underived"]


def derive(
    session: Session, objects: Objects, signer: Signer, canonical_id: str, profile: Profile
) -> list[DerivativeRow]:
    """The image's files under the profile; those that stand stay, those that lack are made.

    Raises NotApproved, ImageUnknown, DerivativeError, ProvenanceError, ObjectMissing, StorageFull.
    """
    alone(session, f"derive {canonical_id}")
    image = _showable(session, canonical_id)
    have = catalog.marks(catalog.standing(session, canonical_id, profile.name))
    if absent(profile, image.width, image.height, have):
        body = _body(objects, image)
        pixels = decode(body)
        wanted = plan(profile, image.width, image.height, flat(pixels), transparent(pixels))
        begun = credentials.base(session, objects, signer, image, body)
        lacking = [each for each in wanted if each.mark not in have]
        for each, found in files(pixels, lacking, xmp_packet(begun.claim.source_type)):
            catalog.add(session, _stored(objects, signer, image, profile, each, found, begun))
        catalog.keep_placeholder(session, canonical_id, thumbhash(pixels), dominant(pixels))
    return catalog.standing(session, canonical_id, profile.name)


def files(pixels: Pixels, wanted: Sequence[Wanted], xmp: bytes) -> Iterator[tuple[Wanted, Found]]:
    """Each wanted file, unsigned.

    Raises DerivativeError when one would carry more than pixels and the packet.
    """
    for width, group in groupby(wanted, lambda each: each.width):
        small = downscale(pixels, width)
        judge: Judge | None = None
        for each in group:
            if each.target is None:
                found = Found(encode(small, each.encoding, xmp), each.encoding.quality)
            else:
                judge = judge or Judge(small)
                found = find(small, each.encoding, each.target, xmp=xmp, judge=judge)
            if strange := foreign(found.body):
                named = f"{each.width}.{each.encoding.format}"
                raise DerivativeError(f"{named} would carry {', '.join(strange)}; not stored")
            yield each, found


def key(canonical_id: str, name: str) -> str:
    """Where a derivative stands in the store."""
    return f"derivatives/{canonical_id[:2]}/{canonical_id}/{name}"


def _showable(session: Session, canonical_id: str) -> CanonicalRow:
    image = require_approved(session, canonical_id)
    if catalog.withdrawn(session, canonical_id):
        raise NotApproved(f"image {canonical_id[:12]} was taken down; reinstate it before deriving files")
    return image


def _body(objects: Objects, image: CanonicalRow) -> bytes:
    body = objects.get(image.key)
    if sha256(body) != image.id:
        raise DerivativeError(
            f"{image.key}: the store holds other bytes ({sha256(body)[:12]}) than the canonical's; "
            "restore the object"
        )
    return body


def _stored(
    objects: Objects,
    signer: Signer,
    image: CanonicalRow,
    profile: Profile,
    each: Wanted,
    found: Found,
    begun: Base,
) -> dict[str, object]:
    """Sign, hash, put; gives the row's values."""
    media_type = MEDIA_TYPES[each.encoding.format]
    mode, claim, parent = begun.of_file(profile.credentials.of(len(found.body)))
    done = claim.after(resized=each.width < image.width, transcoded=each.encoding.format != "png")
    sign = signer.sidecar if mode == SIDECAR else signer.sign
    signed = sign(found.body, media_type, done, parent)
    name = f"{sha256(signed.body)[:16]}-{each.width}.{EXTENSIONS[each.encoding.format]}"
    head = objects.put(key(image.id, name), signed.body, content_type=media_type)
    return {
        "canonical_id": image.id,
        "profile": profile.name,
        "width": each.width,
        "height": each.height,
        "format": each.encoding.format,
        "lossless": each.encoding.lossless,
        "quality": found.quality,
        "score": found.score,
        "scorer": None if found.score is None else SCORER,
        "tries": found.tries,
        "sha256": head.sha256,
        "name": name,
        "key": head.key,
        "manifest_key": _beside(objects, head.key, signed.manifest) if mode == SIDECAR else None,
        "bytes": head.size,
        "credentials": mode,
    }


def _beside(objects: Objects, key: str, manifest: bytes) -> str:
    with suppress(ObjectConflict):  # a run that was cut short signed these very bytes, with the same claim
        objects.put(f"{key}.c2pa", manifest, content_type=MANIFEST)
    return f"{key}.c2pa"
