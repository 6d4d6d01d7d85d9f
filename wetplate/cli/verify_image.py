"""`wetplate verify-image`: whose picture is this file? Exit status 1 when nothing is known of it."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from wetplate.provenance.signing import open_signer
from wetplate.publication.identification.answer import UNKNOWN, answer
from wetplate.publication.identification.inspection import inspected
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, transaction


@click.command("verify-image")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--stranger", is_flag=True, help="Answer as `POST /verify` would: only of what was public once."
)
def command(file: Path, as_json: bool, stranger: bool) -> None:
    """Say whether FILE is ours, made by somebody else's machine, or unknown; and by which proof."""
    now = settings()
    seen = inspected(file.read_bytes(), open_signer(now).read)
    with transaction(engine(catalog_url(now))) as session:
        found = answer(session, seen, stranger=stranger)
    told = {"sha256": seen.sha256} | {
        name: value for name, value in asdict(found).items() if value is not None
    }
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo(f"{found.answer}: {found.says}")
        for name in ("image", "family", "public_id", "state", "source_type", "signed_by", "bits", "delta"):
            if name in told:
                click.echo(f"  {name.replace('_', ' ')}: {told[name]}")
    if found.answer == UNKNOWN:
        raise SystemExit(1)
