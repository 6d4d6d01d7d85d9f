"""`wetplate review`: the first door for people. Shows what waits and why, and takes their decisions."""

import getpass
import json
from dataclasses import asdict
from datetime import timedelta

import click
from rich.console import Console
from rich.table import Table

from wetplate.errors import ModerationError
from wetplate.moderation import queue
from wetplate.moderation.detectors import abilities_of
from wetplate.moderation.queue import REASONS, Waiting
from wetplate.moderation.signals import Signal
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, now, transaction


@click.group("review")
def command() -> None:
    """Decide on images that wait for a person."""


@command.command("list")
@click.option("--family", help="Only this family.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def listed(family: str | None, as_json: bool) -> None:
    """What waits, why, since when, and what the detectors said."""
    with transaction(engine(catalog_url(settings()))) as session:
        waiting = queue.waiting(session, family)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in waiting], indent=2, default=str))
        return
    console = Console(soft_wrap=False)
    console.print(f"{len(waiting)} waiting for a person" + (f" in {family}" if family else ""))
    if waiting:
        console.print(table(waiting))
        console.print(detectors(waiting))
        console.print("wetplate review approve ID --reason CODE, or wetplate review reject ID --reason CODE")


def _decision(verdict: str) -> click.Command:
    codes = "\n\n".join(f"{code}: {says}" for code, says in REASONS[verdict].items())

    @command.command(
        verdict, help=f"{verdict.title()} the image ID (at least 6 digits).\n\nReasons:\n\n{codes}"
    )
    @click.argument("id")
    @click.option("--reason", required=True, metavar="CODE", help="One of the reasons above.")
    @click.option("--note", default="", help="Free words; needed with reason other.")
    @click.option("--reviewer", help="Your name; else WETPLATE_REVIEWER, else the user of this machine.")
    def decided(id: str, reason: str, note: str, reviewer: str | None) -> None:
        with transaction(engine(catalog_url(settings()))) as session:
            recipe_id = queue.find(session, id)
            judged = queue.decide(session, recipe_id, verdict, named(reviewer), reason, note)
        click.echo(f"{recipe_id[:12]} {judged.verdict} by {judged.decided_by} ({', '.join(judged.reasons)})")

    return decided


approve, reject = _decision("approve"), _decision("reject")


def named(reviewer: str | None) -> str:
    """Who decides: the option, the setting, or the user of this machine. Raises ModerationError."""
    try:
        return reviewer or settings().reviewer or getpass.getuser()
    except (KeyError, OSError) as error:
        raise ModerationError("nobody to name: give --reviewer or set WETPLATE_REVIEWER") from error


def table(waiting: list[Waiting]) -> Table:
    """One line per image."""
    drawn = Table("id", "family", "variant", "waits", "why", "detectors said")
    for each in waiting:
        variant = " ".join(each.variant.values())
        said = "\n".join(said_by(signal) for signal in each.signals) or "nothing ran"
        drawn.add_row(
            each.recipe_id[:12], each.family, variant, age(now() - each.since), "\n".join(each.reasons), said
        )
    return drawn


def detectors(waiting: list[Waiting]) -> Table:
    """Which detectors ran, what they can see and what they cannot."""
    drawn = Table("detector", "revision", "sees", "is blind to")
    ran = sorted({(signal.detector, signal.revision) for each in waiting for signal in each.signals})
    for name, revision in ran:
        drawn.add_row(name, revision, *abilities_of(name))
    return drawn


def said_by(signal: Signal) -> str:
    """A signal in words; never a score that was not given."""
    if signal.score is None:
        return f"{signal.detector}: no score ({signal.error})"
    return f"{signal.detector}: {signal.label or 'found nothing'} {signal.score:.2f}"


def age(waited: timedelta) -> str:
    """The largest unit that fits."""
    seconds = int(waited.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{max(0, seconds)} s"
