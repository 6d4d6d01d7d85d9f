"""Refining: what was made fast while somebody waited is made well afterwards.

Here: one event `transform.requested`, carried out. Not here: when (a sensor), the fast file (delivery), rows
(`ondemand`). Nothing here paints: the picture is the canonical that stands.

Rules:
1. The gate is asked before the work, and again under the image's lock before anything is kept: not approved,
   taken down, or of an older security version means that nothing is made and the event is done. The work
   itself, seconds long, is not under the lock: neither a takedown nor a visitor waits for it. (But once, for
   an image whose canonical was never signed: then it is signed here, under the lock.)
2. The quality is searched for (`quality`), or the file is lossless; it is signed like a derivative.
3. Object first, then row; the fast row is superseded, the news told and the event done in one transaction.
   Run again, it finds the production file standing and changes nothing.
"""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Integer, func, select
from sqlalchemy.orm import Session

from wetplate.canonical.catalog import alone, require_approved
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives import catalog, ondemand, quality, tiers
from wetplate.derivatives.asked import Asked, Finished
from wetplate.derivatives.drawing import clean, coded, drawn
from wetplate.derivatives.profiles import Credentials
from wetplate.derivatives.quality import Found
from wetplate.derivatives.transform import Transform, layout, read
from wetplate.errors import DerivativeError, ImageError, NotApproved, ObjectConflict
from wetplate.imaging.codec import MEDIA_TYPES
from wetplate.imaging.lending import lent
from wetplate.imaging.pixels import Pixels
from wetplate.provenance import credentials
from wetplate.provenance.claim import Claim
from wetplate.provenance.credentials import MANIFEST, SIDECAR
from wetplate.provenance.metadata import xmp_packet
from wetplate.provenance.signing import Signer
from wetplate.storage import outbox
from wetplate.storage.objects import Objects, sha256
from wetplate.storage.outbox import Event

#: Small files carry their credentials beside them: a manifest weighs kilobytes.
CREDENTIALS = Credentials("auto", threshold=20_000)
DONE = "done already"


def refine(session: Session, objects: Objects, signer: Signer, event_id: int) -> str:
    """Carry out one request and give a line for the log; done requests stay done.

    Raises DerivativeError for an event that is none, or a canonical that is not what its id says;
    ObjectMissing, ProvenanceError, StorageFull.
    """
    event = session.get(Event, event_id)
    if event is None or event.topic != ondemand.REQUESTED:
        raise DerivativeError(f"event {event_id} asks for no transform; see topics in the outbox")
    asked = _asked(event)
    refusal = DONE if event.handled_at else _refusal(session, asked)
    if refusal is None:
        if not credentials.stand(session, asked.image):
            alone(session, f"derive {asked.image}")
        made, mode, manifest = _made(session, objects, signer, asked)
        alone(session, f"derive {asked.image}")
        session.refresh(event)
        refusal = DONE if event.handled_at else _refusal(session, asked)
    said = refusal or _kept(session, objects, asked, made, mode, manifest)
    outbox.handle(session, [event.id])
    return f"{asked.image[:12]} {asked.transform.text}: {said}"


def _asked(event: Event) -> Asked:
    transform = read(str(event.payload["transform"]))
    return Asked(event.key, event.family, int(event.payload["version"]), transform)


def _refusal(session: Session, asked: Asked) -> str | None:
    """Why nothing is to be made, if so."""
    if not _showable(session, asked):
        return "not to be shown any more, nothing made"
    standing = ondemand.find(session, asked)
    return "stands already" if standing is not None and standing.tier == tiers.PRODUCTION else None


def _made(session: Session, objects: Objects, signer: Signer, asked: Asked) -> tuple[Finished, str, bytes]:
    """The file as it leaves, how it carries its credentials, and these."""
    image = session.get_one(CanonicalRow, asked.image)
    body = _body(objects, image)
    begun = credentials.base(session, objects, signer, image, body)
    pixels = _pixels(image, body, asked.transform)
    found = coded_well(pixels, asked.transform, xmp_packet(begun.claim.source_type))
    mode, claim, parent = begun.of_file(CREDENTIALS.of(len(found.body)))
    sign = signer.sidecar if mode == SIDECAR else signer.sign
    media_type = MEDIA_TYPES[asked.transform.format]
    signed = sign(found.body, media_type, _claimed(claim, asked, image), parent)
    height, width = pixels.shape[:2]
    scorer = None if found.score is None else quality.SCORER
    told = (width, height, found.quality, found.score, scorer)
    return Finished(signed.body, sha256(signed.body), *told), mode, signed.manifest


def _kept(
    session: Session, objects: Objects, asked: Asked, made: Finished, mode: str, manifest: bytes
) -> str:
    """Object, row, news; a line for the log."""
    put = ondemand.store(objects, asked, made)
    beside = _beside(objects, put.key, manifest) if mode == SIDECAR else None
    ondemand.add(session, asked, tiers.PRODUCTION, made, put, mode, beside)
    ondemand.supersede(session, asked)
    told = {"transform": asked.transform.text, "version": asked.version, "name": ondemand.name(asked, made)}
    outbox.append(session, ondemand.REFINED, key=asked.image, family=asked.family, **told)
    return f"{put.size:,} bytes, quality {made.quality}, score {made.score and round(made.score, 1)}"


def coded_well(pixels: Pixels, transform: Transform, xmp: bytes) -> Found:
    """The production file, unsigned: the smallest that reaches the target of the named quality."""
    encoding = tiers.production(transform)
    if encoding.lossless:
        return Found(coded(pixels, encoding, xmp), None)
    target = tiers.TARGETS[transform.quality]
    begun = quality.start(encoding.format, encoding.subsampling, target)
    found = quality.find(pixels, replace(encoding, quality=begun), target, xmp=xmp)
    return replace(found, body=clean(found.body))


def _showable(session: Session, asked: Asked) -> bool:
    """Whether the image is approved, not taken down, and still of this security version."""
    if catalog.withdrawn(session, asked.image) or asked.version != _version(session, asked.image):
        return False
    try:
        require_approved(session, asked.image)
    except NotApproved:
        return False
    return True


def _version(session: Session, canonical_id: str) -> int:
    """The security version: what the newest takedown raised it to."""
    version = Event.payload["version"].as_string().cast(Integer)
    taken = select(func.max(version)).where(Event.topic == "image.withdrawn", Event.key == canonical_id)
    return session.scalar(taken) or 1


def _body(objects: Objects, image: CanonicalRow) -> bytes:
    body = objects.get(image.key)
    if sha256(body) != image.id:
        raise DerivativeError(f"{image.key}: the store holds other bytes than the canonical's; restore it")
    return body


def _pixels(image: CanonicalRow, body: bytes, transform: Transform) -> Pixels:
    try:
        with lent(body) as file:
            return drawn(Path(file), transform)
    except ImageError as error:
        raise DerivativeError(f"{image.key}: {error}") from error


def _claimed(claim: Claim, asked: Asked, image: CanonicalRow) -> Claim:
    """What was done to the picture, in C2PA's words."""
    plan = layout(asked.transform, image.width, image.height)
    taken, placed = ((box.width, box.height) for box in (plan.taken, plan.placed))
    return claim.after(
        cropped=taken != (image.width, image.height),
        resized=placed != taken,
        edited=plan.size != placed,
        transcoded=asked.transform.format != "png",
    )


def _beside(objects: Objects, key: str, manifest: bytes) -> str:
    with suppress(ObjectConflict):  # a run that was cut short signed these very bytes, with the same claim
        objects.put(f"{key}.c2pa", manifest, content_type=MANIFEST)
    return f"{key}.c2pa"
