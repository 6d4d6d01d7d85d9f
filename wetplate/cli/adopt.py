"""`wetplate adopt`: take pictures from outside into a family. Exit status 1 when some could not be taken."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from wetplate.errors import ImageError, ModerationError, ProvenanceError, UnknownFamily
from wetplate.provenance import arrivals
from wetplate.provenance.adoption import Adopted, adopt
from wetplate.provenance.arrivals import Arrival
from wetplate.provenance.metadata import SOURCE_TYPES
from wetplate.provenance.signing import Signer, open_signer
from wetplate.recipes.catalog import family_of, register
from wetplate.recipes.family import Family, find
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, transaction
from wetplate.storage.objects import Objects
from wetplate.storage.stores import open_objects

REFUSALS = (ProvenanceError, ImageError, ModerationError)


@click.command("adopt")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--family", "slug", required=True, help="The family they belong to.")
@click.option("--source-type", type=click.Choice(sorted(SOURCE_TYPES)), metavar="TERM",
              help="What files are that do not say so themselves, like digitalCapture.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be taken in; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(folder: Path, slug: str, source_type: str | None, dry_run: bool, as_json: bool) -> None:
    """Take the PNG, JPEG, WebP and AVIF files of FOLDER into a family as they are.

    Their variants come from NAME.json beside each, from variants.csv (columns file and attributes), else from
    their names. The family's next run judges, admits, derives and publishes them like its own.
    """
    now = settings()
    database = engine(catalog_url(now))
    family = registered(database, now.families, slug)
    taken, refused = taken_in(
        database, open_objects(now.objects_url, now), open_signer(now), family, folder, source_type, dry_run
    )
    if as_json:
        click.echo(json.dumps({"adopted": [asdict(each) for each in taken], "refused": refused}, indent=2))
    else:
        show(Console(), taken, refused, dry_run)
    if refused:
        raise SystemExit(1)


def registered(database: Engine, root: Path, slug: str) -> Family:
    """The family, registered now if it never was. Raises UnknownFamily, FamilyError."""
    with transaction(database) as session:
        try:
            return family_of(session, slug)
        except UnknownFamily:
            register(session, find(root, slug))
            return family_of(session, slug)


def taken_in(
    database: Engine,
    objects: Objects,
    signer: Signer,
    family: Family,
    folder: Path,
    source_type: str | None,
    dry_run: bool = False,
) -> tuple[list[Adopted], dict[str, str]]:
    """Every file that could be taken in, each in a transaction of its own, and why the others could not."""
    taken, refused = [], {}
    for name, arrival in arrivals.each(folder, family):
        try:
            if not isinstance(arrival, Arrival):
                raise arrival
            with transaction(database) as session:
                taken.append(adopt(session, objects, signer, family, arrival, source_type, dry_run=dry_run))
        except REFUSALS as refusal:
            refused[name] = str(refusal).removeprefix(f"{name}: ")
    return taken, refused


def show(console: Console, taken: list[Adopted], refused: dict[str, str], dry_run: bool) -> None:
    """A line per file, then every refusal in full."""
    drawn = Table("file", "", "variant", "source type", "credentials", "unknown", box=None)
    for each in taken:
        state = ("would be new" if dry_run else "new") if each.new else "known"
        variant = ", ".join(f"{name} {value}" for name, value in each.variant.items()) or "unknown"
        told = (each.name, state, variant, each.source_type, each.credentials, ", ".join(each.unknown))
        drawn.add_row(*(text.replace("[", r"\[") for text in told))
    console.print(drawn)
    for name, why in refused.items():
        console.print(f"refused: {name}: {why}", markup=False, highlight=False, soft_wrap=True)
    new = sum(each.new for each in taken)
    console.print(f"{new} new, {len(taken) - new} known, {len(refused)} refused", highlight=False)
