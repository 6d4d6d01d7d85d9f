"""The HTML a page uses to show a published image: which files, which words.

The markup itself is `markup`'s.
"""

from sqlalchemy.orm import Session

from wetplate.canonical.catalog import find
from wetplate.derivatives import catalog as files
from wetplate.derivatives import markup
from wetplate.derivatives.profiles import load
from wetplate.derivatives.tables import PlaceholderRow
from wetplate.errors import NeverPublished
from wetplate.publication.states import State
from wetplate.publication.tables import PublicationRow
from wetplate.recipes.catalog import family_of
from wetplate.recipes.tables import RecipeRow

FOLDER = "images"  # where the origin serves files by name: see wetplate.delivery.urls


def snippet(session: Session, canonical_id: str, base_url: str = "") -> str:
    """A `<picture>` of the image under the profile it was published with.

    `base_url` is what stands in front of paths (scheme and host); empty: addresses are paths.
    Raises NeverPublished unless the image is published, ImageUnknown, DerivativeError.
    """
    image = find(session, canonical_id)
    publication = session.get(PublicationRow, image.id)
    if publication is None or publication.state != State.PUBLISHED:
        raise NeverPublished(
            f"image {image.id[:12]} is not published, so no page may show it; publish it first"
        )
    placeholder = session.get(PlaceholderRow, image.id)
    return markup.picture(
        files.standing(session, image.id, publication.profile),
        base_url=f"{base_url}/{FOLDER}/{image.id}",
        alt=family_of(session, image.family).alt(session.get_one(RecipeRow, image.recipe_id).variant),
        sizes=load(publication.profile).sizes,
        dominant=placeholder.dominant if placeholder else "",
    )
