"""Redacting: a new picture with regions covered takes the place of one that shows too much.

Here: the verb. Not here: the verdict on the old bytes (`moderation`: the caller rejects them), withdrawing
what is already public of them (`publication`, which hears of the reject), the filling itself (`cover`).

Rules:
1. The new picture is a recipe of kind REDACTION: of which recipe, of which bytes, which rectangles, which
   colour. It is judged, admitted and published like any other; nothing is passed on from the old one.
2. The old bytes leave their places, as painting and as canonical and under every recipe that painted the very
   same, for the restricted area. They are deleted after `retain_days`; rows and hashes stay.
3. One redaction of a picture: whoever wants more covered redacts the redacted picture.
4. The news comes last: whoever holds the outbox waits for no store.
5. Run again, it gives the same recipe and moves what is left to move.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.canonical import catalog as canonical
from wetplate.errors import ImageUnknown, ObjectMissing, RedactionError
from wetplate.generation import catalog as paintings
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.codec import decode
from wetplate.imaging.pixels import Pixels
from wetplate.recipes import originals
from wetplate.recipes.catalog import ORIGINAL, REDACTION, enter
from wetplate.recipes.tables import OF, RecipeRow
from wetplate.redaction.cover import FILL, Region, areas, fill
from wetplate.retention import restricted
from wetplate.settings import reviewing
from wetplate.storage import outbox
from wetplate.storage.database import now
from wetplate.storage.objects import Objects, sha256


def redact(
    session: Session,
    objects: Objects,
    recipe_id: str,
    object_sha256: str,
    regions: Sequence[Region],
    actor: str,
    reason: str,
) -> str:
    """The recipe id of the picture with these regions covered; the old one leaves for the restricted area.

    `regions` are x, y, width and height in pixels of the whole picture. Raises RedactionError for regions or
    bytes that cannot be redacted, ImageUnknown, ObjectMissing once the old bytes were deleted.
    """
    canonical.alone(session, f"admit {object_sha256}")
    painting = _painting(session, recipe_id, object_sha256)
    pixels = _pixels(session, objects, painting)
    covered = areas(regions, pixels.shape[1], pixels.shape[0])
    redaction = _entered(session, painting, covered)
    fresh = session.get(PaintingRow, redaction) is None
    if fresh:
        paintings.keep_pixels(session, objects, redaction, fill(pixels, covered), "redaction")
    until = now() + timedelta(days=reviewing().retain_days)
    for key, subject in places(session, object_sha256):
        restricted.move(session, objects, key, subject, f"redacted: {reason}", until)
    if fresh:
        _tell(session, redaction, painting, actor, reason)
    return redaction


def places(session: Session, object_sha256: str) -> Iterator[tuple[str, str]]:
    """Every key under which these judged bytes, or the canonical made of them, stand, and whose they are.

    Of an adopted picture, the file it came in too, and the credentials that it brought.
    """
    same = select(PaintingRow, RecipeRow).join(RecipeRow, RecipeRow.id == PaintingRow.recipe_id)
    query = same.where(PaintingRow.sha256 == object_sha256).order_by(PaintingRow.key)
    for painting, recipe in session.execute(query).all():
        yield painting.key, recipe.id
        if recipe.kind == ORIGINAL:
            yield from ((key, recipe.id) for key in originals.keys(recipe.body))
    image = canonical.of_object(session, object_sha256)
    if image is not None:
        yield image.key, image.recipe_id


def _painting(session: Session, recipe_id: str, object_sha256: str) -> PaintingRow:
    painting = session.get(PaintingRow, recipe_id)
    if painting is None:
        raise ImageUnknown(f"recipe {recipe_id[:12]} has no painting; nothing can be redacted")
    if painting.sha256 != object_sha256:
        raise RedactionError(
            f"recipe {recipe_id[:12]}: the regions are about {object_sha256[:12]}, but its painting is "
            f"{painting.sha256[:12]}; look at the picture again"
        )
    return painting


def _pixels(session: Session, objects: Objects, painting: PaintingRow) -> Pixels:
    try:
        body = objects.get(painting.key)
    except ObjectMissing:
        body = restricted.read(session, objects, painting.key)
    if sha256(body) != painting.sha256:
        raise RedactionError(
            f"{painting.key}: the store holds other bytes ({sha256(body)[:12]}) than were looked at "
            f"({painting.sha256[:12]}); restore the object from a backup"
        )
    return decode(body)


def _entered(session: Session, painting: PaintingRow, covered: Sequence[Region]) -> str:
    recipe = session.get_one(RecipeRow, painting.recipe_id)
    body = {
        "of": recipe.id,
        "object_sha256": painting.sha256,
        "regions": [list(area) for area in covered],
        "fill": list(FILL),
    }
    id = enter(session, recipe.family, REDACTION, recipe.variant, body)
    query = select(RecipeRow.id).where(
        RecipeRow.family == recipe.family,
        RecipeRow.kind == REDACTION,
        RecipeRow.body["object_sha256"].astext == painting.sha256,
        OF.in_((recipe.id,)),
        RecipeRow.id != id,
    )
    if other := session.scalars(query).first():
        raise RedactionError(
            f"recipe {recipe.id[:12]} was redacted already, as {other[:12]}; redact that picture further"
        )
    return id


def _tell(session: Session, redaction: str, painting: PaintingRow, actor: str, reason: str) -> None:
    image = canonical.of_object(session, painting.sha256)
    outbox.append(
        session,
        "image.redacted",
        key=painting.recipe_id,
        family=session.get_one(RecipeRow, redaction).family,
        object_sha256=painting.sha256,
        redaction=redaction,
        canonical=image.id if image else None,
        actor=actor,
        reason=reason,
    )
