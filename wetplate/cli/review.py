"""`wetplate review`: the first door for people. Shows what waits and why, and takes their decisions."""

import getpass
import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from wetplate.errors import ModerationError
from wetplate.moderation import catalog, queue, tasks
from wetplate.moderation.detectors import abilities_of
from wetplate.moderation.queue import REASONS, Waiting
from wetplate.moderation.signals import Signal
from wetplate.moderation.tasks import Count
from wetplate.retention import personal
from wetplate.settings import reviewing, settings
from wetplate.storage.database import catalog_url, engine, now, transaction
from wetplate.storage.stores import open_objects

if TYPE_CHECKING:
    from wetplate.review.exports import Figures


LATER = {
    "serve": "Serve the review console.",
    "account": "Say who may sign in to the console.",
}


class Doors(click.Group):
    """A group that imports what is large only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *LATER]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in LATER:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"wetplate.cli.review_{cmd_name}")
        found: click.Command = module.command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [(name, each.get_short_help_str(80)) for name, each in sorted(self.commands.items())]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *LATER.items()])


@click.group("review", cls=Doors)
def command() -> None:
    """Decide on what waits for a person; serve the console."""


@command.command("list")
@click.option("--family", help="Only this family.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def listed(family: str | None, as_json: bool) -> None:
    """List what waits. Why, since when, and what the detectors said."""
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
    @click.option("--legal-basis", help="On which it is shown; needed to approve what may show somebody.")
    @click.option("--reviewer", help="Your name; else WETPLATE_REVIEWER, else the user of this machine.")
    def decided(id: str, reason: str, note: str, legal_basis: str | None, reviewer: str | None) -> None:
        from wetplate.review import operator

        now, details = settings(), {"legal_basis": legal_basis}
        objects, said = open_objects(now.objects_url, now), (named(reviewer), reason, note, details)
        sealing = personal.wrapping(reviewing(), now.var)
        with transaction(engine(catalog_url(now))) as session:
            recipe_id = queue.find(session, id)
            operator.decide(session, objects, recipe_id, verdict, *said, wrapping=sealing)
            found = catalog.last_verdict(session, recipe_id)
        if found is not None:
            click.echo(f"{recipe_id[:12]} {found.verdict} by {found.decided_by} ({found.reasons[0]})")

    return decided


approve, reject = _decision("approve"), _decision("reject")


@command.command()
@click.argument("id")
@click.option("--reason", required=True, metavar="WORDS", help="What would be wrong; name nobody.")
@click.option("--reviewer", help="Your name; else WETPLATE_REVIEWER, else the user of this machine.")
def appeal(id: str, reason: str, reviewer: str | None) -> None:
    """Record that somebody asks to have the decided image ID (at least 6 digits) decided on again."""
    from wetplate.review import appeals

    with transaction(engine(catalog_url(settings()))) as session:
        task = appeals.appeal(session, queue.find(session, id), f"person:{named(reviewer)}", reason)
        click.echo(
            f"{task.subject[:12]} waits in the queue {task.queue}, until {task.due_at:%Y-%m-%d %H:%M} UTC"
        )


@command.command()
@click.option("--since", type=click.DateTime(), help="Only decisions from this day (UTC) on.")
def export(since: datetime | None) -> None:
    """Print every decision as a line of JSON. Reviewers by pseudonym, without a word of their own; logged."""
    from wetplate.review import accesses, exports

    database = engine(catalog_url(settings()))
    with transaction(database) as session:
        accesses.saw(session, "decisions", f"person:{named(None)}", accesses.EXPORT, "wetplate review export")
    with transaction(database) as session:
        for line in exports.lines(session, since and since.replace(tzinfo=UTC)):
            click.echo(line)


@command.command()
@click.option("--since", type=click.DateTime(), help="Only decisions from this day (UTC) on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def stats(since: datetime | None, as_json: bool) -> None:
    """Print figures of what waits and how people decide. Queues, agreement, what is overturned, how
    long it takes."""
    from wetplate.review import exports

    with transaction(engine(catalog_url(settings()))) as session:
        figures = exports.figures(session, since and since.replace(tzinfo=UTC))
        counts = tasks.counts(session, now())
    if as_json:
        queues = {name: asdict(count) for name, count in counts.items()}
        click.echo(json.dumps({"queues": queues, **asdict(figures)}, indent=2, default=_plain))
        return
    console = Console(soft_wrap=False)
    console.print(queues_table(counts))
    for line in told(figures):
        console.print(line)


def queues_table(counts: Mapping[str, Count]) -> Table:
    """One line per queue."""
    drawn = Table("queue", "open", "oldest", "overdue")
    for name, count in counts.items():
        drawn.add_row(name, str(count.open), age(count.oldest) if count.open else "-", str(count.overdue))
    return drawn


def told(figures: "Figures") -> Iterator[str]:
    """The figures in words; nothing is said of nothing."""
    kinds = ", ".join(f"{number} {kind}" for kind, number in figures.decisions.items())
    yield f"decisions: {kinds or 'none'}; {figures.lapses} holds ran out"
    if figures.first_decision:
        half, most = (age(timedelta(seconds=each)) for each in figures.first_decision)
        yield f"from task to decision: {half} in the median, {most} for 95 of 100"
    kappa = "-" if figures.kappa is None else f"{figures.kappa:.2f}"
    yield f"two people on the same picture: {figures.pairs} times, Cohen's kappa {kappa}"
    for name, rate in {**figures.overturned_detectors, **figures.overturned_reviewers}.items():
        yield f"{name}: {rate.hits} of {rate.of} overturned ({rate.share or 0:.0%})"


def _plain(value: object) -> object:
    return value.total_seconds() if isinstance(value, timedelta) else str(value)


def named(reviewer: str | None) -> str:
    """Who decides: the option, the setting, or the user of this machine. Raises ModerationError."""
    try:
        name = reviewer or settings().reviewer or getpass.getuser()
    except (KeyError, OSError) as error:
        raise ModerationError("nobody to name: give --reviewer or set WETPLATE_REVIEWER") from error
    return queue.checked_name(name)


def table(waiting: list[Waiting]) -> Table:
    """One line per image."""
    drawn = Table("id", "queue", "family", "variant", "waits", "why", "detectors said")
    for each in waiting:
        variant = " ".join(each.variant.values())
        said = "\n".join(said_by(signal) for signal in each.signals) or "nothing ran"
        drawn.add_row(
            each.recipe_id[:12],
            each.queue,
            each.family,
            variant,
            age(now() - each.since),
            "\n".join(each.reasons),
            said,
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
    found = f"{signal.label} {signal.score:.2f}" if signal.label else "found nothing"
    return f"{signal.detector}: {found}"


def age(waited: timedelta) -> str:
    """The largest unit that fits."""
    seconds = int(waited.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{max(0, seconds)} s"
