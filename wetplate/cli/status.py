"""`wetplate status`: where each family stands."""

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from wetplate.publication.progress import Progress, progress, registered
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, transaction

COLUMNS = (
    "variants",
    "painted",
    "approved",
    "review",
    "rejected",
    "published",
    "withdrawn",
    "derivatives",
    "bytes",
)


@click.command("status")
@click.argument("family", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(family: str | None, as_json: bool) -> None:
    """Variants, painted, approved, waiting for review, published, derivatives and bytes of each family."""
    with transaction(engine(catalog_url(settings()))) as session:
        rows = progress(session, [family] if family else registered(session))
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        Console().print(table(rows))


def table(rows: list[Progress]) -> Table:
    """One line per family."""
    drawn = Table("family", *(name if name != "review" else "waiting for review" for name in COLUMNS))
    for row in rows:
        drawn.add_row(row.family, *(f"{getattr(row, name):,}" for name in COLUMNS))
    return drawn
