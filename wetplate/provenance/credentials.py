"""The credentials that an image's files are made from: the only writer of credentials rows.

Here: signing the canonical once, and what follows for a file. Not here: signing a file (derivatives), the
manifest itself (`claim`).

Rules:
1. The canonical's own credentials stand beside its object, which stays as it is: the id of an image is the
   hash of its bytes. They are signed once; whoever comes second reads what the first one signed.
2. What we painted begins with `created`. What was adopted or redacted begins with `opened`, and names what it
   was opened from: the file it came in, with the credentials that it brought, or the picture before it was
   covered.
3. A file of what was opened never leaves without that chain: credentials that somebody brought are kept;
   beside the file where they are heavy (cameras put thumbnails in).
4. But a redacted picture does not carry what an adopted one brought: a thumbnail in there could show what was
   covered.
5. Whether an authority vouched for the time of signing is recorded, also that none was asked.
"""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import ObjectConflict, ObjectMissing, ProvenanceError
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.formats import MEDIA_TYPES
from wetplate.provenance import catalog
from wetplate.provenance.claim import Claim, Parent
from wetplate.provenance.signing import Signer
from wetplate.provenance.tables import CredentialsRow, OriginalRow
from wetplate.recipes.catalog import GENERATION, ORIGINAL
from wetplate.recipes.tables import RecipeRow
from wetplate.storage.objects import Objects, sha256

MANIFEST = "application/c2pa"
PNG = MEDIA_TYPES["png"]
FULL, SHORT, SIDECAR = "full", "short", "sidecar"
HEAVY = 50_000  # bytes of a chain that goes into no file


@dataclass(frozen=True)
class Base:
    """What the credentials of an image's files build on: the canonical's claim, the canonical as parent."""

    claim: Claim
    parent: Parent

    def of_file(self, mode: str) -> tuple[str, Claim, Parent | None]:
        """The mode that applies, the claim a file begins with, and its parent, if the file names one."""
        if mode == SHORT and self.claim.actions[0] == "created":
            return SHORT, self.claim, None
        heavy = len(self.parent.manifest or b"") > HEAVY
        return (SIDECAR if heavy or mode == SIDECAR else FULL), self.claim.opening(), self.parent


def stand(session: Session, canonical_id: str) -> bool:
    """Whether the canonical was signed."""
    return session.get(CredentialsRow, canonical_id) is not None


def base(session: Session, objects: Objects, signer: Signer, image: CanonicalRow, body: bytes) -> Base:
    """The claim and credentials of the image, whose bytes are `body`; signed now if they never were.

    Who may sign holds `alone(session, "derive <id>")`. Raises ProvenanceError, StorageError.
    """
    claim, before = _begun(session, objects, signer, image)
    manifest = _signed(session, objects, signer, image, body, claim, before)
    named = Parent("canonical", PNG, f"xmp:iid:{claim.public_id}")
    return Base(claim, signer.parent(body, PNG, named, manifest))


def _begun(
    session: Session, objects: Objects, signer: Signer, image: CanonicalRow
) -> tuple[Claim, Parent | None]:
    """The canonical's claim, and what it was opened from, if anything."""
    claim, recipe = catalog.claim(session, image.id), session.get_one(RecipeRow, image.recipe_id)
    if recipe.kind == GENERATION:
        return claim, None
    if recipe.kind == ORIGINAL:
        original = session.get_one(OriginalRow, recipe.id)
        opened = claim.opening().after(transcoded=original.media_type != PNG)
        return opened, _original(objects, signer, original)
    return claim.opening().after(edited=True), _before(session, objects, signer, recipe)


def _original(objects: Objects, signer: Signer, original: OriginalRow) -> Parent:
    """The file that came from outside; valid or not, its credentials are kept."""
    named = Parent("original", original.media_type, f"urn:sha256:{original.sha256}")
    if original.manifest_key is None:
        return named
    body = objects.get(original.key)
    if sha256(body) != original.sha256:
        raise ProvenanceError(f"{original.key}: the store holds other bytes than were adopted; restore it")
    return signer.parent(body, original.media_type, named)


def _before(session: Session, objects: Objects, signer: Signer, recipe: RecipeRow) -> Parent:
    """The picture before it was redacted, with its credentials if it was canonical and still lies there."""
    before = session.get_one(PaintingRow, recipe.body["of"])
    image = session.scalars(select(CanonicalRow).where(CanonicalRow.recipe_id == before.recipe_id)).first()
    row = session.get(CredentialsRow, image.id) if image else None
    if image is None or row is None:
        return Parent("before redaction", PNG, f"xmp:iid:{before.sha256[:32]}")
    known = catalog.recorded(session, image.id)
    named = Parent("before redaction", PNG, f"xmp:iid:{known.public_id}")
    if known.ingredient_key is not None:
        return named
    with suppress(ObjectMissing):  # it lies out of reach, or was deleted when its time was over
        return signer.parent(objects.get(image.key), PNG, named, objects.get(row.key))
    return named


def _signed(
    session: Session,
    objects: Objects,
    signer: Signer,
    image: CanonicalRow,
    body: bytes,
    claim: Claim,
    before: Parent | None,
) -> bytes:
    """The canonical's manifest as it stands, put there now if there is none."""
    if (row := session.get(CredentialsRow, image.id)) is not None:
        return _kept(objects, row)
    key = f"{image.key}.c2pa"
    with suppress(ObjectConflict):  # a run that was cut short signed these very bytes, with the same claim
        objects.put(key, signer.sidecar(body, PNG, claim, before).manifest, content_type=MANIFEST)
    head = objects.head(key)
    told = {"canonical_id": image.id, "key": key, "sha256": head.sha256, "bytes": head.size}
    entry = insert(CredentialsRow).values(**told, timestamp=signer.timestamp)
    session.execute(entry.on_conflict_do_nothing())
    return _kept(objects, session.get_one(CredentialsRow, image.id))


def _kept(objects: Objects, row: CredentialsRow) -> bytes:
    manifest = objects.get(row.key)
    if sha256(manifest) != row.sha256:
        raise ProvenanceError(f"{row.key}: the store holds another manifest than was signed; restore it")
    return manifest
