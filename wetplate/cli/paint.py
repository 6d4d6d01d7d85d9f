"""`wetplate paint`: paint what a family still lacks, without Dagster."""

import click
from rich.console import Console
from rich.progress import track

from wetplate.generation import budget, catalog
from wetplate.generation.shift import paint
from wetplate.generation.studio import open_painter
from wetplate.recipes.catalog import family_of
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, transaction
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
    painting = paint(database, objects, painter, chosen, limits, run_id="command line", size=now.batch)
    done = sum(1 for _ in track(painting, slug, total=len(chosen), console=console))
    click.echo(f"{slug}: painted {done}, {len(waiting) - done} still unpainted")
    if done < len(chosen):
        with transaction(database) as session:
            left = budget.left(session, slug, limits)
        click.echo(f"{slug}: {left.message(len(chosen) - done)}")
