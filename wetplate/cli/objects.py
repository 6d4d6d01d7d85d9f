"""`wetplate objects`: is the store safe, and what in it belongs to nobody."""

import importlib
import re
from datetime import timedelta
from pathlib import Path

import click

import wetplate
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, transaction
from wetplate.storage.local import LocalObjects
from wetplate.storage.stores import open_objects, probe, probe_race
from wetplate.storage.sweep import Swept, sweep

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Duration(click.ParamType[timedelta]):
    """A time like 30m, 24h or 7d."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,6})([mhd])", str(value), re.ASCII)
        if found is None:
            self.fail(f"{value!r} is no duration: expected a number and m, h or d, like 24h", param, ctx)
        return timedelta(**{UNITS[found[2]]: int(found[1])})


@click.group("objects")
def command() -> None:
    """Probe the object store, sweep orphans."""


@command.command("probe")
def probe_command() -> None:
    """Try whether the store refuses to overwrite. Also when several write at once; leaves nothing behind."""
    now = settings()
    objects = open_objects(now.objects_url, now)
    probe(objects)
    probe_race(objects)
    click.echo(f"{now.objects_url} refuses to overwrite: it can hold canonicals")


@command.command("sweep")
@click.option(
    "--delete", is_flag=True, help="Mark, and delete what an earlier sweep marked. Without it: dry run."
)
@click.option("--grace", type=Duration(), default="24h", show_default=True, help="Leave younger ones alone.")
def sweep_command(delete: bool, grace: timedelta) -> None:
    """Find objects that no row refers to. Marked by one sweep, deleted by a later one."""
    load_tables()
    now = settings()
    objects = open_objects(now.objects_url, now)
    with transaction(engine(catalog_url(now))) as session:
        swept = sweep(session, objects, delete=delete, grace=grace)
    click.echo(_told(swept, delete))
    if delete and isinstance(objects, LocalObjects) and (left := objects.tidy()):
        click.echo(f"removed {left} unfinished files of killed writers")


def load_tables() -> None:
    """Load every stage's tables and the outbox, so that each reference to an object is known."""
    importlib.import_module("wetplate.storage.outbox")
    package = Path(wetplate.__path__[0])
    for file in sorted(package.rglob("tables.py")):
        importlib.import_module(".".join(file.relative_to(package.parent).with_suffix("").parts))


def _told(swept: Swept, delete: bool) -> str:
    would = "" if delete else "would be "
    return (
        f"{swept.marked} orphans {would}marked, {swept.waiting} wait for their grace, "
        f"{swept.deleted} {would}deleted ({swept.bytes:,} bytes)"
        + ("" if delete else "; dry run, nothing changed")
    )
