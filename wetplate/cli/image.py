"""`wetplate image`: everything known about one image."""

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from wetplate.publication.dossier import dossier
from wetplate.settings import serving, settings
from wetplate.storage.database import catalog_url, engine, transaction

LISTS = {
    "signals": ("detector", "revision", "label", "score", "error", "at"),
    "verdicts": ("position", "verdict", "decided_by", "reasons", "policy", "object_sha256", "at"),
    "derivatives": ("name", "profile", "width", "height", "format", "bytes", "credentials", "withdrawn_at"),
    "moves": ("position", "move", "from_state", "to_state", "actor", "reason", "at"),
}


@click.command("image")
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(id: str, as_json: bool) -> None:
    """Print everything known about the image whose canonical or recipe id begins with ID.

    Shows its prompt.
    """
    with transaction(engine(catalog_url(settings()))) as session:
        known = dossier(session, id, serving().public_url)
    if as_json:
        click.echo(json.dumps(known, indent=2, default=str, ensure_ascii=False))
        return
    console = Console()
    for stage, values in known.items():
        _show(console, stage, values)


def _show(console: Console, stage: str, values: Any) -> None:
    console.rule(stage, align="left", style="dim")
    if not values:
        console.print("none", style="dim")
    elif isinstance(values, str):
        console.print(values, markup=False, highlight=False, soft_wrap=True)
    elif isinstance(values, dict):
        console.print(_columns(values))
    else:
        console.print(_lines(values, LISTS[stage]))


def _columns(values: dict[str, Any]) -> Table:
    drawn = Table.grid(padding=(0, 2))
    for name, value in values.items():
        drawn.add_row(name, _text(value))
    return drawn


def _lines(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Table:
    drawn = Table(*columns, box=None)
    for row in rows:
        drawn.add_row(*(_text(row[name]) for name in columns))
    return drawn


def _text(value: Any) -> str:
    text = (
        json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    )
    return text.replace("[", r"\[")
