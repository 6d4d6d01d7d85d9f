"""`wetplate certs`: a chain to sign with, for tests and demos."""

from pathlib import Path

import click

from wetplate.provenance.certificates import CERTIFICATE, KEY, NOTICE, made_chain


@click.group("certs")
def command() -> None:
    """Make a test chain for signing."""


@command.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Write a test chain to FOLDER: authority, certificate, key. One that stands there stays."""
    _, made = made_chain(folder)
    click.echo(f"{folder}: {'a new chain' if made else 'a chain stands here already; nothing was changed'}")
    click.echo(f"WETPLATE_C2PA_CERTIFICATE={folder / CERTIFICATE} WETPLATE_C2PA_KEY={folder / KEY}")
    click.echo(NOTICE)
