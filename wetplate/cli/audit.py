"""`wetplate audit`: seal the trail, check it, export it. Exit status 1 when it does not hold."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from wetplate.attestation.keys import configured, trusted
from wetplate.audit.export import export as write
from wetplate.audit.findings import Report
from wetplate.audit.sealing import seal as seal_now
from wetplate.audit.verify import verify as check
from wetplate.cli.takedown import actor
from wetplate.errors import SettingError
from wetplate.review import accesses
from wetplate.settings import reviewing, settings
from wetplate.storage.database import catalog_url, engine, transaction
from wetplate.storage.stores import open_objects


@click.group("audit")
def command() -> None:
    """Every append-only row in one signed tree: any edit, removal or reordering shows."""


@command.command("seal")
@click.option("--all", "everything", is_flag=True, help="Also rows older than the last head.")
def seal(everything: bool) -> None:
    """Take every committed row into the tree. Signs its head now instead of within a minute."""
    now = settings()
    objects, key = open_objects(now.objects_url, now), configured(reviewing(), now.var)
    click.echo(str(seal_now(engine(catalog_url(now)), objects, key, everything=everything)))


@command.command("verify")
@click.option(
    "--head",
    "kept",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A head (.jws) that was kept elsewhere: proves that nothing before it was rewritten.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(kept: tuple[Path, ...], as_json: bool) -> None:
    """Check every row, chain, leaf, root and signature. Names what was edited, removed or reordered."""
    now = settings()
    objects, keys = open_objects(now.objects_url, now), trusted(reviewing(), now.var)
    with transaction(engine(catalog_url(now))) as session:
        report = check(session, objects, keys, anchors=[_text(path) for path in kept])
    click.echo(json.dumps(asdict(report), indent=2, default=str) if as_json else told(report))
    if not report.whole:
        raise SystemExit(1)


@command.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> None:
    """Write the trail into FOLDER. Up to its newest head, with the script that checks it anywhere; logged."""
    now = settings()
    keys, database = trusted(reviewing(), now.var), engine(catalog_url(now))
    with transaction(database) as session:
        accesses.saw(session, "audit", actor(now.reviewer), accesses.EXPORT, "wetplate audit export")
    with transaction(database) as session:
        count = write(session, folder, keys)
    click.echo(f"{count:,} rows in {folder}; check them with `python3 {folder / 'verify.py'}`")


def told(report: Report) -> str:
    """The findings, then what was looked at."""
    rows = sum(report.rows.values())
    lines = [str(finding) for finding in report.findings]
    if report.count > len(report.findings):
        lines.append(f"... and {report.count - len(report.findings):,} more")
    newest = f"{report.root[:12]} over {report.size:,} at {report.at}" if report.at else "none so far"
    lines.append(f"{rows:,} rows in {len(report.rows)} tables; {report.heads:,} heads, newest {newest}")
    lines.append(f"{report.younger:,} rows are younger than it (`wetplate audit seal` seals them now)")
    lines.append(f"BROKEN: {report.count:,} findings" if report.count else "whole")
    return "\n".join(lines)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise SettingError(f"{path} is no head: expected a file of one JWS") from error
