"""`wetplate verify`: check every invariant of catalog and store. Exit status 1 when one is broken."""

import json
from collections import Counter
from dataclasses import asdict
from datetime import timedelta

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from wetplate.provenance.signing import open_signer
from wetplate.publication.findings import Finding
from wetplate.publication.signatures import SAMPLE
from wetplate.publication.verify import NAMES, verify
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, transaction
from wetplate.storage.stores import open_objects


def _sample(_: click.Context, __: click.Parameter, value: str) -> int | None:
    if value == "all":
        return None
    if not value.isascii() or not value.isdigit():
        raise click.BadParameter("a number of files, or all")
    return int(value)


@click.command("verify")
@click.option("--family", help="Only this family.")
@click.option("--quick", is_flag=True, help="Believe the store's digests; open no object.")
@click.option(
    "--grace", type=click.IntRange(0), default=0, help="Leave out events younger than this many seconds."
)
@click.option(
    "--signatures", default=str(SAMPLE), show_default=True, metavar="N|all", callback=_sample,
    help="Judge the signatures of so many files, chosen by chance; about 2 ms each.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(family: str | None, quick: bool, grace: int, signatures: int | None, as_json: bool) -> None:
    """Check that what is public is approved, whole and marked, that chains hold, that work is done."""
    now = settings()
    objects = open_objects(now.objects_url, now)
    with (
        transaction(engine(catalog_url(now))) as session,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        task = progress.add_task("reading objects", total=None)
        found = verify(
            session,
            objects,
            family=family,
            quick=quick,
            read=open_signer(now).read,
            sample=signatures,
            grace=timedelta(seconds=grace),
            tick=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    else:
        show(Console(), found)
    if found:
        raise SystemExit(1)


def show(console: Console, found: list[Finding]) -> None:
    """One line per rule, then every finding in full."""
    broken = Counter(finding.rule for finding in found)
    drawn = Table("rule", "")
    for name in NAMES:
        drawn.add_row(name, f"[red]{broken[name]} broken[/]" if broken[name] else "[green]holds[/]")
    console.print(drawn)
    for finding in found:
        console.print(str(finding), markup=False, highlight=False, soft_wrap=True)
    console.print(f"{len(NAMES)} rules, {len(found)} findings")
