"""Admission: an approved painting becomes a canonical image, exactly once.

Here: what waits for admission, and the verb. Not here: the gate and the rows (`catalog`), the judging
(moderation).

Rules:
1. `admit` takes a Judged, so that nothing unjudged can come in, and believes it nothing: the verdict in force
   is read again, in the same transaction, for the very bytes that were judged; the stored painting must hash
   to them.
2. The canonical is a fresh PNG of the pixels: no text, no profile, no history.
3. Object first, then row and event: killed in between, the next run puts the same bytes under the same key.
4. A canonical's id is the hash of its bytes, so two recipes that paint the same pixels share one image, which
   belongs to whichever was admitted first. Admitting the second gives that image back; no second event is
   told.
5. What was taken down is not admitted again, under whatever recipe: neither its bytes nor its pixels.
6. A verdict that turns while an image is being admitted is caught by the next step: each asks the gate again.
"""

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from wetplate.canonical import catalog
from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import NotApproved
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.codec import PNG, decode, encode
from wetplate.imaging.fingerprint import phash, pixel_sha256
from wetplate.imaging.pixels import Pixels
from wetplate.moderation.catalog import in_force
from wetplate.moderation.judge import Judged
from wetplate.moderation.tables import VerdictRow
from wetplate.recipes.tables import RecipeRow
from wetplate.similarity import blocklist
from wetplate.similarity.blocklist import Kind
from wetplate.similarity.tables import FingerprintRow
from wetplate.storage import outbox
from wetplate.storage.objects import Objects, sha256


def unadmitted(session: Session, family: str) -> list[Judged]:
    """What of a family's current recipes is approved and not canonical yet, in the family file's order."""
    same_recipe = CanonicalRow.recipe_id == VerdictRow.stream
    made = exists().where(or_(CanonicalRow.object_sha256 == VerdictRow.object_sha256, same_recipe))
    query = (
        catalog.approved()
        .join(RecipeRow, RecipeRow.id == VerdictRow.stream)
        .join(PaintingRow, PaintingRow.recipe_id == RecipeRow.id)
        .where(
            RecipeRow.family == family,
            RecipeRow.current,
            PaintingRow.sha256 == VerdictRow.object_sha256,
            ~made,
            ~_blocked(),
        )
        .order_by(RecipeRow.position)
    )
    recipes = [recipe_id for recipe_id, _ in session.execute(query)]
    judged = in_force(session, family) if recipes else {}
    return [judged[recipe_id] for recipe_id in recipes]


def admit(session: Session, objects: Objects, judged: Judged) -> CanonicalRow:
    """The canonical image of an approved painting, made now unless it stands already.

    Raises NotApproved when the verdict in force does not approve these very bytes or the store holds others,
    Blocked for what was taken down, ObjectMissing, ImageError, StorageFull.
    """
    catalog.alone(session, f"admit {judged.object_sha256}")
    painting = _approved_painting(session, judged)
    named = {"recipe_id": judged.recipe_id, "object_sha256": judged.object_sha256}
    standing = catalog.of_object(session, judged.object_sha256)
    if standing is not None:
        blocklist.require_unblocked(session, **named)
        return standing
    pixels = decode(_judged_bytes(objects, painting))
    blocklist.require_unblocked(session, **named, pixel_sha256=pixel_sha256(pixels))
    body = encode(pixels, PNG)
    head = objects.put(key(sha256(body)), body, content_type="image/png")
    family = session.scalars(select(RecipeRow.family).where(RecipeRow.id == judged.recipe_id)).one()
    stored = {"id": head.sha256, "key": head.key, "bytes": head.size, "family": family}
    row, new = catalog.add(session, stored | named | _seen(pixels))
    if new:
        outbox.append(session, "image.admitted", key=row.id, family=row.family, recipe=row.recipe_id)
    return row


def key(canonical_id: str) -> str:
    """Where a canonical stands in the store."""
    return f"canonical/{canonical_id[:2]}/{canonical_id}.png"


def _blocked() -> ColumnElement[bool]:
    """The painting's recipe, bytes or pixels were taken down."""
    pixels = exists().where(
        FingerprintRow.object_sha256 == PaintingRow.sha256,
        blocklist.blocked(Kind.PIXELS, FingerprintRow.pixel_sha256),
    )
    recipe = blocklist.blocked(Kind.RECIPE, PaintingRow.recipe_id)
    return or_(recipe, blocklist.blocked(Kind.OBJECT, PaintingRow.sha256), pixels)


def _approved_painting(session: Session, judged: Judged) -> PaintingRow:
    painting = session.get(PaintingRow, judged.recipe_id)
    if painting is None or painting.sha256 != judged.object_sha256:
        raise NotApproved(
            f"recipe {judged.recipe_id[:12]}: the verdict is about bytes {judged.object_sha256[:12]}, "
            "which are not its painting; judge the painting that is there"
        )
    if not catalog.is_approved(session, judged.recipe_id, judged.object_sha256):
        raise NotApproved(
            f"recipe {judged.recipe_id[:12]}: no approving verdict is in force for bytes "
            f"{judged.object_sha256[:12]}, or one rejects the same bytes elsewhere; have it reviewed"
        )
    return painting


def _judged_bytes(objects: Objects, painting: PaintingRow) -> bytes:
    body = objects.get(painting.key)
    if sha256(body) != painting.sha256:
        raise NotApproved(
            f"{painting.key}: the store holds other bytes ({sha256(body)[:12]}) than were judged "
            f"({painting.sha256[:12]}); remove the painting and paint it again"
        )
    return body


def _seen(pixels: Pixels) -> dict[str, object]:
    height, width = pixels.shape[:2]
    return {"width": width, "height": height, "pixel_sha256": pixel_sha256(pixels), "phash": phash(pixels)}
