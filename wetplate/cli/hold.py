"""`wetplate hold`: legal holds. What is held is neither deleted nor erased, whatever is due."""

from datetime import UTC, datetime

import click

from wetplate.cli.takedown import actor
from wetplate.retention import holds
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, transaction

SUBJECT = click.argument("subject")
REASON = click.option("--reason", required=True, help="The matter it stands for, like `case 12/26`.")


@click.group("hold")
def command() -> None:
    """Legal holds on a recipe's id, `notice:<id>`, or a person's pseudonym."""


@command.command("place")
@SUBJECT
@REASON
@click.option("--until", type=click.DateTime(), help="When it ends by itself (UTC); without, when lifted.")
def place(subject: str, reason: str, until: datetime | None) -> None:
    """Hold SUBJECT for this reason."""
    now = settings()
    end = until.replace(tzinfo=UTC) if until else None
    with transaction(engine(catalog_url(now))) as session:
        holds.place(session, subject, actor(now.reviewer), reason, end)
    click.echo(f"{subject} is held for {reason}" + (f" until {end:%Y-%m-%d %H:%M}" if end else ""))


@command.command("lift")
@SUBJECT
@REASON
def lift(subject: str, reason: str) -> None:
    """Lift the hold on SUBJECT for this reason. Others on it stay."""
    now = settings()
    with transaction(engine(catalog_url(now))) as session:
        holds.lift(session, subject, actor(now.reviewer), reason)
        left = holds.held(session, subject)
    click.echo(f"{subject} is " + (f"still held for {left}" if left else "held no more"))


@command.command("list")
def listing() -> None:
    """List every hold in force."""
    with transaction(engine(catalog_url(settings()))) as session:
        found = list(holds.standing(session))
    for hold in found:
        until = f" until {hold.until:%Y-%m-%d %H:%M}" if hold.until else ""
        click.echo(f"{hold.subject}: {hold.reason}, by {hold.actor} since {hold.at:%Y-%m-%d}{until}")
    click.echo(f"{len(found)} holds in force")
