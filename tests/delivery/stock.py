"""A stocked family: every variant published, all with the same few files; hundreds cost what one costs.

Rows are written directly: how an image comes to be published is other tests' business.
"""

from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.publication.images import family, verdict
from wetplate.imaging.codec import EXTENSIONS, MEDIA_TYPES, PNG, Encoding, encode
from wetplate.imaging.pixels import Pixels
from wetplate.imaging.placeholder import dominant, thumbhash
from wetplate.imaging.resize import downscale
from wetplate.recipes.catalog import register
from wetplate.storage.objects import Objects, sha256

WHOLE = 2
ENCODINGS = (
    Encoding("avif", 50, effort=10),
    Encoding("webp", 60, effort=0),
    Encoding("jpeg", 70),
)
RECIPES = "SELECT id FROM recipes WHERE family = :family ORDER BY position"
CANONICAL = """
INSERT INTO canonical_images (id, recipe_id, family, object_sha256, key, bytes, width, height, pixel_sha256,
    phash, at) VALUES (:id, :recipe, :family, :id, :key, 1, :side, :side, :id, repeat('0', 16), now())
"""
ROWS = (
    "INSERT INTO publications (canonical_id, family, profile, state, version, at) "
    "SELECT id, family, 'social-feed', 'published', 1, now() FROM canonical_images WHERE family = :family",
    "INSERT INTO placeholders (canonical_id, thumbhash, dominant, at) "
    "SELECT id, :thumbhash, :dominant, now() FROM canonical_images WHERE family = :family",
    "INSERT INTO provenance (canonical_id, public_id, salt, model_id, model_revision, model_files, prompt, "
    "negative_prompt, parameters, seed, runtime, run_id, painted_at, licence, restrictions, commercial_use, "
    "source_type, at) SELECT id, left(id, 32), 'a secret salt', 'families/boots/model', 'sha256:0', '{}', "
    "'a secret prompt', '', '{}', 987654321, '{}', 'run-1', now(), 'Apache-2.0', '[\"no hats\"]', 'yes', "
    "'trainedAlgorithmicMedia', now() FROM canonical_images WHERE family = :family",
)
FILE = """
INSERT INTO derivatives (canonical_id, profile, width, height, format, lossless, quality, sha256, name, key,
    manifest_key, bytes, credentials, score, scorer, at)
SELECT id, 'social-feed', :width, :height, :format, false, :quality, :sha256, CAST(:name AS text),
    :prefix || id || '/' || CAST(:name AS text), NULL, :bytes, 'embedded', 81.25, 'a judge', now()
FROM canonical_images WHERE family = :family
"""


def stock(
    session: Session,
    objects: Objects,
    slug: str,
    attributes: dict[str, list[str]],
    side: int = 64,
    **tables: Any,
) -> list[str]:
    """Canonical ids of the family's images, in the family's order."""
    recipe = family().recipe
    words = " and ".join(f"{{{name}}} {name}" for name in attributes)
    said = {"alt": f"boot with {words}", "prompt": f"a secret pumpkin boot, {words}"}
    told = {**vars(recipe), **said, "width": side, "height": side, "seed": vars(recipe.seed)}
    made = family(slug, attributes=attributes, recipe=told, **tables)
    register(session, made)
    pixels = picture(side)
    shown = {"thumbhash": thumbhash(pixels), "dominant": dominant(pixels)}
    ids = canonicals(session, objects, slug, pixels)
    for row in ROWS:
        session.execute(text(row), {"family": slug, **shown})
    for values, body in files(pixels):
        session.execute(text(FILE), {"family": slug, "prefix": "x/", **values})
        for id in ids[:12]:
            objects.put(f"x/{id}/{values['name']}", body, content_type=MEDIA_TYPES[values["format"]])
    return ids


def canonicals(session: Session, objects: Objects, slug: str, pixels: Pixels) -> list[str]:
    """A row per recipe; only the first WHOLE have a verdict and a picture in the store, for transforms."""
    recipes = list(session.scalars(text(RECIPES), {"family": slug}))
    made = []
    for number, recipe in enumerate(recipes):
        body = encode(np.roll(pixels, number, 1), PNG) if number < WHOLE else recipe.encode()
        id = sha256(body)
        made.append({"id": id, "recipe": recipe, "family": slug, "key": f"c/{id}", "side": pixels.shape[0]})
        if number < WHOLE:
            objects.put(f"c/{id}", body, content_type="image/png")
            verdict(session, recipe, id, "approve")
    session.execute(text(CANONICAL), made)
    return [row["id"] for row in made]


def files(pixels: Pixels) -> list[tuple[dict[str, Any], bytes]]:
    """The files of a feed, encoded in a hurry."""
    made = []
    for width in sorted({min(wide, pixels.shape[1]) for wide in (128, 192, 320, 640)}):
        small = downscale(pixels, width)
        for encoding in ENCODINGS:
            body = encode(small, encoding, b"")
            digest = sha256(body)
            name = f"{digest[:16]}-{width}.{EXTENSIONS[encoding.format]}"
            values = {"width": width, "height": small.shape[0], "format": encoding.format}
            told = {"quality": encoding.quality, "sha256": digest, "name": name, "bytes": len(body)}
            made.append((values | told, body))
    return made


def picture(side: int) -> Pixels:
    """Red on the left, blue on the right, lighter towards the bottom."""
    y, x = np.mgrid[0:side, 0:side] / side
    return np.stack([200 * (1 - x) + 40 * y, 60 + 60 * y, 200 * x + 40 * y], -1).astype(np.uint8)
