"""Whose picture it is: ours, made by a machine of somebody else, or unknown. Reads the catalog only.

Here: the order of the proofs and what each is worth. Not here: what a file tells by itself (`inspection`).

Rules:
1. Proofs in this order, the first that holds answers: `manifest` (signed by us, and the signature holds for
   these very bytes), `file` (its digest is one we made), `pixels` (every sample is equal), `look` (the same
   picture made smaller or encoded again; likely, not certain).
2. A manifest that names us but is not signed by us, or was moved onto other pixels, proves nothing.
3. A stranger hears only of what was public once: whether, or how often, a picture lies here undecided is
   nobody's business.
4. "Not marked" is never "not made by a machine": without a proof or a mark the answer is `unknown`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow, TransformRow
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication.identification.inspection import Inspection
from wetplate.publication.states import Move, State
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.similarity import catalog as similarity
from wetplate.similarity.look import Look

OURS, AI_GENERATED, UNKNOWN = "ours", "ai_generated", "unknown"
MANIFEST, FILE, PIXELS, LOOK, MARK, GENERATOR = "manifest", "file", "pixels", "look", "mark", "generator"
BY_MACHINE: Final = frozenset(
    {
        "trainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
        "algorithmicMedia",
        "compositeSynthetic",
    }
)
#: Of what looks alike, how many are looked up.
MOST: Final = 50
#: A second picture whose colours are no further away than this beside the nearest makes the nearest a guess.
MARGIN: Final = 0.5


@dataclass(frozen=True)
class Answer:
    """`answer` is ours, ai_generated or unknown; `by` the proof, "" if unknown; `says` a sentence for people.

    Of ours: canonical id, family, public provenance id, the state of the publication, the source type. Of a
    `look`, `bits` and `delta` say how far away, and `alike` how many other pictures of ours are as close.
    `signed_by` names whoever signed the credentials, when they are valid.
    """

    answer: str
    by: str
    says: str
    image: str | None = None
    family: str | None = None
    public_id: str | None = None
    state: str | None = None
    source_type: str | None = None
    signed_by: str | None = None
    bits: int | None = None
    delta: float | None = None
    alike: int = 0


@dataclass(frozen=True)
class _Found:
    """One of our images, by a proof."""

    image: str
    by: str
    bits: int | None = None
    delta: float | None = None
    alike: int = 0


SAYS: Final = {
    MANIFEST: "signed by us, and nothing was changed since",
    FILE: "byte for byte a file we made",
    PIXELS: "pixel for pixel a picture we made; what the file said about it was removed",
    LOOK: "looks like a picture we made, made smaller or encoded again",
    MARK: "not ours; the file says that a machine made it",
    GENERATOR: "not ours; generation parameters of an image generator are in the file",
    "": "no proof and no mark: nothing is known of it, also not that people made it",
}


def answer(session: Session, seen: Inspection, *, stranger: bool) -> Answer:
    """Whose picture this is; `stranger`: rule 3 holds."""
    for found in _proofs(session, seen, stranger):
        ours = _ours(session, found, stranger)
        if ours is not None:
            return ours
    return _theirs(seen)


def _proofs(session: Session, seen: Inspection, stranger: bool) -> Iterator[_Found]:
    said = seen.credentials
    if said and said.trusted and said.valid and said.claim:
        row = ProvenanceRow
        image = session.scalar(select(row.canonical_id).where(row.public_id == said.claim.public_id))
        if image:
            yield _Found(image, MANIFEST)
    yield from (_Found(image, FILE) for image in _of_file(session, seen.sha256))
    if seen.pixel_sha256:
        paintings = similarity.with_pixels(session, seen.pixel_sha256)
        yield from (_Found(image, PIXELS) for image in _of_paintings(session, paintings).values())
    if seen.look is not None:
        yield from _of_look(session, seen.look, stranger)


def _of_file(session: Session, digest: str) -> list[str]:
    made = [
        select(row.canonical_id).where(row.sha256 == digest).limit(1) for row in (DerivativeRow, TransformRow)
    ]
    row = CanonicalRow
    made.append(select(row.id).where(or_(row.id == digest, row.object_sha256 == digest)).limit(1))
    return list(dict.fromkeys(image for query in made for image in session.scalars(query)))


def _of_paintings(session: Session, objects_sha256: Sequence[str]) -> dict[str, str]:
    """The canonical ids of stored paintings, as far as they are canonical."""
    row = CanonicalRow
    query = select(row.object_sha256, row.id).where(row.object_sha256.in_(objects_sha256))
    return {row.object_sha256: row.id for row in session.execute(query)}


def _of_look(session: Session, seen: Look, stranger: bool) -> Iterator[_Found]:
    close = [each for each in similarity.near(session, seen) if each.same][:MOST]
    images = _of_paintings(session, [each.object_sha256 for each in close])
    told = _public(session, images.values()) if stranger else {*images.values()}
    known = [(each, images[each.object_sha256]) for each in close if images.get(each.object_sha256) in told]
    for each, image in known:
        alike = sum(other.delta - each.delta <= MARGIN and there != image for other, there in known)
        yield _Found(image, LOOK, each.bits, round(each.delta, 2), alike)


def _ours(session: Session, found: _Found, stranger: bool) -> Answer | None:
    """What is told of an image of ours; None when a stranger may not hear of it."""
    if stranger and found.by != MANIFEST and not _public(session, [found.image]):
        return None
    image = session.get_one(CanonicalRow, found.image)
    record = session.get(ProvenanceRow, found.image)
    publication = session.get(PublicationRow, found.image)
    says = SAYS[found.by] + (f" ({found.alike} others of ours look as close)" if found.alike else "")
    return Answer(
        OURS,
        found.by,
        says,
        image=image.id,
        family=image.family,
        public_id=record.public_id if record else None,
        state=publication.state if publication else State.DRAFT,
        source_type=record.source_type if record else None,
        bits=found.bits,
        delta=found.delta,
        alike=found.alike,
    )


def _public(session: Session, images: Collection[str]) -> set[str]:
    """Those of the images that were public once."""
    row = MoveRow
    return set(session.scalars(select(row.stream).where(row.stream.in_(images), row.move == Move.PUBLISH)))


def _theirs(seen: Inspection) -> Answer:
    said = seen.credentials
    if said and said.source_type in BY_MACHINE:
        signer = said.issuer if said.valid else None
        vouched = f", signed by {signer}" if signer else ", in credentials that do not hold for it"
        return Answer(
            AI_GENERATED, MANIFEST, SAYS[MARK] + vouched, source_type=said.source_type, signed_by=signer
        )
    if seen.mark in BY_MACHINE:
        return Answer(AI_GENERATED, MARK, SAYS[MARK], source_type=seen.mark)
    if seen.generator:
        return Answer(AI_GENERATED, GENERATOR, SAYS[GENERATOR])
    return Answer(UNKNOWN, "", SAYS[""])
