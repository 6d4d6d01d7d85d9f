"""A stocked family: every variant published, all with the same few files; hundreds cost what one costs.

Rows are written directly: how an image comes to be published is other tests' business.
"""

from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.publication.images import family
from wetplate.imaging.codec import EXTENSIONS, MEDIA_TYPES, Encoding, encode
from wetplate.imaging.pixels import Pixels
from wetplate.imaging.placeholder import dominant, thumbhash
from wetplate.imaging.resize import downscale
from wetplate.recipes.catalog import register
from wetplate.storage.objects import Objects, sha256

ENCODINGS = (
    Encoding("avif", 50, effort=10),
    Encoding("webp", 60, effort=0),
    Encoding("jpeg", 70),
)
CANONICAL = """
INSERT INTO canonical_images (id, recipe_id, family, object_sha256, key, bytes, width, height, pixel_sha256,
    phash, at)
SELECT id, recipe_id, :family, id, 'canonical/' || id, 1, :width, :height, id, repeat('0', 16), now()
FROM (
    SELECT encode(sha256(id::bytea), 'hex') AS id, id AS recipe_id FROM recipes WHERE family = :family
) AS made
"""
IDS = """
SELECT c.id FROM canonical_images c JOIN recipes r ON r.id = c.recipe_id
WHERE r.family = :family ORDER BY r.position
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
    session.execute(text(CANONICAL), {"family": slug, "width": side, "height": side})
    for row in ROWS:
        session.execute(text(row), {"family": slug, **shown})
    ids = list(session.scalars(text(IDS), {"family": slug}))
    for values, body in files(pixels):
        session.execute(text(FILE), {"family": slug, "prefix": "x/", **values})
        for id in ids[:12]:
            objects.put(f"x/{id}/{values['name']}", body, content_type=MEDIA_TYPES[values["format"]])
    return ids


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
