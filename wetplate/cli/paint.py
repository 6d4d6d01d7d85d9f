"""`wetplate paint`: paint what a family still lacks, without Dagster."""

from collections.abc import Iterator, Sequence
from itertools import count

import click
from rich.console import Console
from rich.progress import track
from sqlalchemy import Engine

from wetplate.generation import budget, catalog
from wetplate.generation.painter import Painter
from wetplate.generation.studio import batches, open_painter
from wetplate.recipes.catalog import family_of
from wetplate.recipes.family import Budget
from wetplate.recipes.recipe import Recipe
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, transaction
from wetplate.storage.objects import Objects
from wetplate.storage.stores import open_objects


@click.command("paint")
@click.argument("slug")
@click.option("--limit", type=click.IntRange(min=1), help="Paint at most this many.")
def command(slug: str, limit: int | None) -> None:
    """Paint what family SLUG still lacks, as far as today's budget goes. Run it again to go on."""
    now, console = settings(), Console(stderr=True)
    database, objects, painter = (
        engine(catalog_url(now)),
        open_objects(now.objects_url, now),
        open_painter(now),
    )
    with transaction(database) as session:
        limits = family_of(session, slug).budget
        waiting = catalog.unpainted(session, slug)
    chosen = waiting[:limit]
    painting = paint(database, objects, painter, chosen, limits, size=now.batch)
    done = sum(1 for _ in track(painting, slug, total=len(chosen), console=console))
    click.echo(f"{slug}: painted {done}, {len(waiting) - done} still unpainted")
    if done < len(chosen):
        with transaction(database) as session:
            left = budget.left(session, slug, limits)
        click.echo(f"{slug}: {left.message(len(chosen) - done)}")


def paint(
    database: Engine,
    objects: Objects,
    painter: Painter,
    recipes: Sequence[Recipe],
    limits: Budget,
    *,
    size: int,
) -> Iterator[str]:
    """The ids of what was painted and kept. A batch is granted just before it is painted."""
    for batch in batches(recipes, size):
        slug = batch[0].family
        with transaction(database) as session:
            granted = budget.grant(session, slug, len(batch), limits)
        kept = count()
        try:
            for painting in painter.paint(batch[:granted]):
                with transaction(database) as session:
                    catalog.keep(session, objects, painting, run_id="command line")
                    budget.spend(session, slug, round(painting.seconds * 1000))
                next(kept)
                yield painting.recipe.id
        finally:
            unpainted = granted - next(kept)
            if unpainted:
                with transaction(database) as session:
                    budget.give_back(session, slug, unpainted)
        if granted < len(batch):
            return
