"""`wetplate provenance`: hand out where an image comes from, and say whether viewers are told."""

import json

import click

from wetplate.attestation import keys
from wetplate.canonical.catalog import find
from wetplate.cli.review import named
from wetplate.provenance import catalog, disclosure, export, public
from wetplate.provenance.disclosure import DEPICTS, NEEDS
from wetplate.publication.lineage import history
from wetplate.review import accesses
from wetplate.settings import reviewing, settings
from wetplate.storage.database import catalog_url, engine, transaction

FORMS = ("prov", "intoto", "record")


@click.group("provenance")
def command() -> None:
    """Hand out where an image comes from, and say whether viewers are told."""


@command.command("export")
@click.argument("image")
@click.option("--as", "form", type=click.Choice(FORMS), default="record", show_default=True)
def exported(image: str, form: str) -> None:
    """Print the history of IMAGE as JSON. IMAGE: the beginning of its canonical or recipe id.

    prov: W3C PROV-JSON. intoto: an in-toto statement in a signed DSSE envelope. Neither holds prompt, seed or
    names. record: the whole private record, with the salt that opens the public commitment; logged.
    """
    now = settings()
    database = engine(catalog_url(now))
    with transaction(database) as session:
        known = history(session, image)
    if form == "record":  # what is seen is recorded, and committed, first
        why = "wetplate provenance export"
        with transaction(database) as session:
            accesses.saw(session, known.recipe, f"person:{named(None)}", accesses.EXPORT, why)
    if form == "intoto":
        said = export.envelope(known, keys.configured(reviewing(), now.var))
    else:
        said = export.prov(known) if form == "prov" else export.record(known)
    click.echo(json.dumps(said, indent=2, ensure_ascii=False, sort_keys=True))


@command.command("disclose")
@click.argument("image")
@click.option("--need", type=click.Choice(NEEDS), required=True, help="Whether viewers are to be told.")
@click.option("--depicts", multiple=True, type=click.Choice(DEPICTS), help="What exists and is shown.")
@click.option("--words", default="", help="The label; else that of the image's source type.")
@click.option("--reviewer", help="Your name; else WETPLATE_REVIEWER, else the user of this machine.")
def disclosed(image: str, need: str, depicts: tuple[str, ...], words: str, reviewer: str | None) -> None:
    """Decide what viewers of IMAGE are told. That a machine made it, or not: docs/disclosure.md."""
    with transaction(engine(catalog_url(settings()))) as session:
        found = find(session, image)
        row = disclosure.say(session, found.id, need, depicts, words, named(reviewer))
        public_id = catalog.recorded(session, found.id).public_id
    click.echo(f"{found.id[:12]} {row.need}: {row.words or 'nothing is said'}; {public.address(public_id)}")
