"""`make demo`: the life of the sample family, for real, told while it happens.

Starts the embedded Postgres, registers the family, runs the job `lifecycle` for its partition as Dagster
would, prints where it stands while it works, then the table and the contact sheet. A second run repaints
nothing.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine

from assets import partitions
from pipelines.definitions import build
from wetplate.cli.env import environment
from wetplate.cli.status import table
from wetplate.delivery.preview import sheet
from wetplate.errors import WetplateError
from wetplate.imaging.codec import PNG, decode, encode
from wetplate.publication.progress import Progress as Standing
from wetplate.publication.progress import progress
from wetplate.settings import settings
from wetplate.storage import postgres
from wetplate.storage.database import catalog_url, engine, transaction
from wetplate.storage.stores import open_objects

FAMILY = "rumba"
TAGS = {"dagster/partition": FAMILY, "wetplate/family": FAMILY}
QUIET = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}
STAGES: dict[str, Callable[[Standing], int]] = {
    "painted": lambda p: p.painted,
    "judged": lambda p: p.approved + p.review + p.rejected,
    "canonical": lambda p: p.admitted,
    "with provenance": lambda p: p.recorded,
    "published": lambda p: p.published,
}


def main() -> int:
    """Run the demo; 0 when the family's life ended well."""
    console = Console()
    began = time.monotonic()
    now = settings()
    console.print("[bold]Wetplate[/bold] starts its Postgres ...")
    postgres.up(now)
    os.environ.update(environment(now))
    database = engine(catalog_url(now))
    with dg.DagsterInstance.get() as instance:
        result = run_watched(instance, database, console)
        console.print(table(standing(database)))
        console.print(seconds_per_stage(instance, result.run_id))
    picture = write_sheet(
        now.var / "demo-contact-sheet.png",
        sheet(database, open_objects(now.objects_url, now), FAMILY, "verdicts"),
    )
    console.print(f"contact sheet: [bold]{picture}[/bold]   whole demo: {time.monotonic() - began:.0f} s")
    console.print("next: [bold]make dev[/bold] (Dagster UI), [bold].venv/bin/wetplate review list[/bold]")
    return 0 if result.success else 1


def run_watched(instance: dg.DagsterInstance, database: Engine, console: Console) -> dg.JobExecutionResult:
    """Run the lifecycle of the family, drawing its progress from the catalog meanwhile."""
    partitions.add(instance, FAMILY)
    done = threading.Event()
    watcher = threading.Thread(target=watch, args=(database, console, done))
    watcher.start()
    try:
        return dg.execute_job(
            dg.reconstructable(job), instance, run_config=QUIET, tags=TAGS, raise_on_error=False
        )
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
    """Wall seconds of each step of the run; a step pays for its own process (about 2 s here)."""
    drawn = Table("stage", "seconds")
    for step in sorted(instance.get_run_step_stats(run_id), key=lambda step: step.start_time or 0):
        if step.start_time and step.end_time:
            drawn.add_row(step.step_key, f"{step.end_time - step.start_time:.1f}")
    return drawn


def write_sheet(path: Path, webp: bytes) -> Path:
    """The contact sheet as a PNG file."""
    path.write_bytes(encode(decode(webp), PNG))
    return path


if __name__ == "__main__":
    try:
        sys.exit(main())
    except WetplateError as refusal:
        sys.exit(f"wetplate: {refusal}")
