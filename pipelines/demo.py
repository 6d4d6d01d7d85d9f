"""`make demo`: the life of the sample family, for real, told while it happens.

Starts the embedded Postgres, registers the family, runs the job `lifecycle` for its partition as Dagster
would, prints where it stands while it works, then the table, the contact sheet, one picture as delivery
answers it, and what there is to do next. A second run repaints nothing.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine, text

from assets import partitions
from pipelines import door
from pipelines.definitions import build
from wetplate.cli.env import environment
from wetplate.cli.status import table
from wetplate.delivery.preview import sheet
from wetplate.errors import WetplateError
from wetplate.imaging.codec import PNG, decode, encode
from wetplate.moderation.detectors import abilities_of
from wetplate.publication.progress import Progress as Standing
from wetplate.publication.progress import progress
from wetplate.settings import Settings, reviewing, serving, settings
from wetplate.storage import postgres
from wetplate.storage.database import catalog_url, engine, transaction
from wetplate.storage.stores import open_objects

FAMILY = "rumba"
TAGS = {"dagster/partition": FAMILY, "wetplate/family": FAMILY}
NEXT = """\
next: [bold]make dev[/bold]
  gallery           {gallery}
  review console    {review}   {waiting} for you to decide; a first account is printed, once
  Dagster UI        http://127.0.0.1:{ui}   the graph, the partition, its checks
and, as [bold].venv/bin/wetplate ...[/bold]
  verify            every invariant of catalog and store
  audit seal, audit verify
                    whether anything on record was changed
  checklist         the rollout's six questions, asked of what make dev runs\
"""
LOOKED = """
SELECT s.detector, s.revision, count(DISTINCT s.object_sha256), count(DISTINCT s.object_sha256)
    FILTER (WHERE s.error IS NOT NULL)
FROM signals s JOIN recipes r ON r.id = s.recipe_id WHERE r.family = :family AND r.current
GROUP BY s.detector, s.revision ORDER BY s.detector
"""
STAGES: dict[str, Callable[[Standing], int]] = {
    "painted": lambda p: p.painted,
    "judged": lambda p: p.approved + p.review + p.rejected,
    "canonical": lambda p: p.admitted,
    "with provenance": lambda p: p.recorded,
    "published": lambda p: p.published,
}


def main() -> int:
    """Run the demo; 0 when the family's life ended well."""
    began = time.monotonic()
    os.environ.setdefault("WETPLATE_EXECUTOR", "in-process")  # 17 steps: their own processes would cost 30 s
    now = settings()
    now.var.mkdir(parents=True, exist_ok=True)
    log = now.var / "demo.log"
    with told_apart(log) as console:
        say = partial(console.print, soft_wrap=True, highlight=False)
        say(f"[bold]Wetplate[/bold] takes the family {FAMILY!r} through its life; details in {log}")
        postgres.up(now)
        os.environ.update(environment(now))
        database = engine(catalog_url(now))
        with dg.DagsterInstance.get() as instance:
            result = run_watched(instance, database, console)
            console.print(table(standing(database)), seconds_per_stage(instance, result.run_id))
        console.print(detectors(database))
        picture = write_sheet(now, database)
        say(delivered())
        say(f"contact sheet: [bold]{picture}[/bold]; whole demo: {time.monotonic() - began:.0f} s")
        said = onward(now, standing(database))
        say(said if result.success else f"[bold red]the run failed[/bold red]; see {log}")
    return 0 if result.success else 1


def onward(now: Settings, rows: list[Standing]) -> str:
    """What there is to do next."""
    doors = {"gallery": door.gallery(serving()), "review": reviewing().url, "ui": now.ui_port}
    return NEXT.format(waiting=sum(row.review for row in rows), **doors)


def delivered() -> str:
    """One published picture fetched from an origin that is started for it, as a stranger gets it."""
    with door.opened() as url:
        seen = door.look(url, FAMILY)
    return (
        f"delivery:\n{seen.text}" if seen else "delivery: nothing is published, so there is nothing to fetch"
    )


@contextmanager
def told_apart(log: Path) -> Iterator[Console]:
    """A console on the terminal, while everything libraries and step processes say goes to the log."""
    sys.stdout.flush()
    kept = os.dup(1)
    with os.fdopen(kept, "w", encoding="utf-8") as terminal, log.open("w") as sink:
        errors = os.dup(2)
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
        try:
            yield Console(file=terminal)
        finally:
            os.dup2(kept, 1)
            os.dup2(errors, 2)
            os.close(errors)


def run_watched(instance: dg.DagsterInstance, database: Engine, console: Console) -> dg.JobExecutionResult:
    """Run the lifecycle of the family, drawing its progress from the catalog meanwhile."""
    partitions.add(instance, FAMILY)
    done = threading.Event()
    watcher = threading.Thread(target=watch if console.is_terminal else tell, args=(database, console, done))
    watcher.start()
    try:
        return dg.execute_job(dg.reconstructable(job), instance, tags=TAGS, raise_on_error=False)
    finally:
        done.set()
        watcher.join()


def job() -> dg.JobDefinition:
    """The lifecycle as the code location has it; step processes call this too."""
    return build(settings()).resolve_job_def("lifecycle")


def watch(database: Engine, console: Console, done: threading.Event) -> None:
    """A bar per stage, drawn twice a second from the catalog's counts."""
    columns = (TextColumn("{task.description:>16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {stage: bars.add_task(stage, total=None) for stage in STAGES}
        while not done.wait(0.5):
            advance(bars, tasks, standing(database))
        advance(bars, tasks, standing(database))


def tell(database: Engine, console: Console, done: threading.Event) -> None:
    """The same where there is no terminal: a line every few seconds, when something moved."""
    said = ""
    while True:
        over = done.wait(5)
        for row in standing(database):
            line = ", ".join(f"{stage} {counted(row)}/{row.variants}" for stage, counted in STAGES.items())
            if line != said:
                console.print(line, highlight=False, soft_wrap=True)
            said = line
        if over:
            return


def advance(bars: Progress, tasks: dict[str, TaskID], rows: list[Standing]) -> None:
    """Move the bars to where the family stands."""
    for row in rows:
        for stage, counted in STAGES.items():
            bars.update(tasks[stage], total=row.variants, completed=counted(row))


def standing(database: Engine) -> list[Standing]:
    """Where the family stands; nothing before it is registered."""
    with transaction(database) as session:
        return progress(session, [FAMILY])


def seconds_per_stage(instance: dg.DagsterInstance, run_id: str) -> Table:
    """Wall seconds of each step of the run."""
    drawn = Table("stage", "seconds")
    for step in sorted(instance.get_run_step_stats(run_id), key=lambda step: step.start_time or 0):
        if step.start_time and step.end_time:
            drawn.add_row(step.step_key, f"{step.end_time - step.start_time:.1f}")
    return drawn


def detectors(database: Engine) -> Table:
    """Which detectors looked at the family's paintings, what they see and what they are blind to."""
    drawn = Table("detector", "looked at", "failed on", "sees", "is blind to")
    query = text(LOOKED)
    with transaction(database) as session:
        for name, revision, seen, failed in session.execute(query, {"family": FAMILY}):
            sees, blind = abilities_of(name)
            drawn.add_row(f"{name} {revision}", str(seen), str(failed), sees, blind)
    return drawn


def write_sheet(now: Settings, database: Engine) -> Path:
    """The contact sheet as a PNG file."""
    path = now.var / "demo-contact-sheet.png"
    drawn = sheet(database, open_objects(now.objects_url, now), FAMILY, "verdicts")
    path.write_bytes(encode(decode(drawn), PNG))
    return path


if __name__ == "__main__":
    try:
        sys.exit(main())
    except WetplateError as refusal:
        sys.exit(f"wetplate: {refusal}")
