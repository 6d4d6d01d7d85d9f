"""`wetplate takedown` and `wetplate reinstate`: an image leaves the public, and comes back as a draft.

A takedown is the move (from its commit on no origin serves the image), then the deletion of its public
copies, then the purge of the caches. Cut off in between, the rest waits for the pipeline and for the origin's
relay, and the same command run again finishes it.
"""

import click

from wetplate.canonical.catalog import find
from wetplate.cli.review import named
from wetplate.delivery.purging.outside import asker
from wetplate.delivery.purging.relay import drain
from wetplate.delivery.purging.targets import configured
from wetplate.publication import moves
from wetplate.publication.states import REASONS, Move
from wetplate.publication.takedown import acknowledge, execute
from wetplate.retention.contacts import scrubbed
from wetplate.settings import serving, settings
from wetplate.storage.database import catalog_url, engine, transaction
from wetplate.storage.stores import open_objects

IMAGE = click.argument("image")
NOTE = click.option(
    "--note", default="", help="What the record says besides the reason, for good; names nobody."
)


def _reasons(move: Move) -> str:
    return "One of: " + "; ".join(f"{code} ({meaning})" for code, meaning in REASONS[move].items())


@click.command("takedown")
@IMAGE
@click.option("--reason", required=True, help=_reasons(Move.TAKE_DOWN))
@NOTE
def command(image: str, reason: str, note: str) -> None:
    """Withdraw IMAGE (the beginning of its id) and delete its public copies; rows and canonical stay."""
    now = settings()
    catalog, objects = engine(catalog_url(now)), open_objects(now.objects_url, now)
    with transaction(catalog) as session:
        row = moves.take_down(session, find(session, image).id, actor(now.reviewer), reason, scrubbed(note))
    with transaction(catalog) as session:
        deleted = execute(session, objects, row.canonical_id)
    click.echo(f"{row.canonical_id[:12]} is withdrawn, version {row.version}; {deleted} objects are deleted")
    if purgers := configured(serving(), now.var):
        told, left = drain(catalog, purgers, asker())
        done = "every cache has forgotten it, as seen from outside"
        owed = f"{left} purges are still owed and will be tried again ({told})"
        click.echo(f"caches: {owed if left else done}")


@click.command("reinstate")
@IMAGE
@click.option("--reason", required=True, help=_reasons(Move.REINSTATE))
@NOTE
def reinstate(image: str, reason: str, note: str) -> None:
    """Make withdrawn IMAGE a draft again; the family's next run makes its files anew and publishes it."""
    now = settings()
    with transaction(engine(catalog_url(now))) as session:
        row = moves.reinstate(session, find(session, image).id, actor(now.reviewer), reason, scrubbed(note))
        acknowledge(session, row.canonical_id)
    click.echo(
        f"{row.canonical_id[:12]} is {row.state}, version {row.version}; run its family's pipeline to publish"
    )


def actor(reviewer: str | None) -> str:
    """Who is recorded: WETPLATE_REVIEWER, else the operating system's user. Raises ModerationError."""
    return f"person:{named(reviewer)}"
