"""A shift of painting: recipes, within the budget, into the catalog. Assets and the command line both do it.

Here: granting just before painting, keeping, spending, giving back. Each painting is a transaction of its
own, so that whatever stops the shift loses only pictures in the making; this is the one verb that commits.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Engine

from wetplate.generation import budget, catalog
from wetplate.generation.painter import Painter
from wetplate.generation.studio import batches
from wetplate.recipes.family import Budget
from wetplate.recipes.recipe import Recipe
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects

GRANT = 16


def paint(
    database: Engine,
    objects: Objects,
    painter: Painter,
    recipes: Sequence[Recipe],
    limits: Budget,
    *,
    run_id: str,
    size: int = GRANT,
) -> Iterator[float]:
    """Paint and keep; gives the seconds of each painting as it is kept. Ends early when the budget is spent.

    `size` images are granted at a time; what was granted and not painted is given back, also after a failure.
    """
    for batch in batches(recipes, size):
        slug, kept = batch[0].family, 0
        with transaction(database) as session:
            granted = budget.grant(session, slug, len(batch), limits)
        try:
            for painting in painter.paint(batch[:granted]):
                with transaction(database) as session:
                    catalog.keep(session, objects, painting, run_id=run_id)
                    budget.spend(session, slug, round(painting.seconds * 1000))
                kept += 1
                yield painting.seconds
        finally:
            if granted > kept:
                with transaction(database) as session:
                    budget.give_back(session, slug, granted - kept)
        if granted < len(batch):
            return
