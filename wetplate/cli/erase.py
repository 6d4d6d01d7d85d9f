"""`wetplate erase`: the personal data of one subject becomes unreadable for good."""

import click

from wetplate.cli.takedown import actor
from wetplate.errors import RetentionError
from wetplate.retention import personal
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, transaction


@click.command("erase")
@click.argument("subject")
@click.option("--reason", required=True, help="Why, as the record should say it; names nobody.")
def command(subject: str, reason: str) -> None:
    """Destroy the key of SUBJECT's personal fields, and the fields. Refused under a legal hold."""
    now = settings()
    with transaction(engine(catalog_url(now))) as session:
        if not personal.known(session, subject):
            raise RetentionError(f"no personal data was ever kept under {subject!r}; was the id meant?")
        gone = personal.erase(session, subject, actor(now.reviewer), reason)
    click.echo(f"{subject}: {gone} fields are erased" if gone else f"{subject}: was erased before")
