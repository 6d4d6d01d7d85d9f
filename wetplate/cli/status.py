"""`wetplate status`: where each family stands."""

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from wetplate.publication.progress import Progress, progress, registered
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, transaction

COLUMNS = {
    "variants": "variants",
    "painted": "painted",
    "approved": "approved",
    "review": "waiting for review",
    "rejected": "rejected",
    "published": "published",
    "withdrawn": "withdrawn",
    "derivatives": "derivatives",
    "bytes": "bytes of derivatives",
}


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
    """A column per family."""
    drawn = Table("", *(row.family for row in rows))
    for name, said in COLUMNS.items():
        drawn.add_row(said, *(f"{getattr(row, name):,}" for row in rows))
    return drawn
