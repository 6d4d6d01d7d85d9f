"""`make dev`: the Dagster UI with the daemon, the contact sheets, delivery (origin and, where Varnish is
installed, the edge), the review console. Ctrl-C stops what it started.

The embedded Postgres stays up (stop it with `wetplate db down`).
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console

from pipelines import door
from wetplate.cli.env import environment
from wetplate.settings import ROOT, reviewing, serving, settings
from wetplate.storage import postgres
from wetplate.storage.database import catalog_url, engine

WITHOUT_EDGE = "   (from the origin; with varnish installed, through an edge)"


def main() -> int:
    """Start the processes and wait; stop all of them when one ends or the user says so."""
    now, how, people = settings(), serving(), reviewing()
    postgres.up(now)
    os.environ.update(environment(now) | {"WETPLATE_PURGERS": door.purgers(how)})
    port = str(now.ui_port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    wanted = lines(port, urlsplit(now.preview_url).port or 3001) + door.lines(how) + [door.console(people)]
    started = [subprocess.Popen(line, cwd=ROOT) for line in wanted]
    say = Console(soft_wrap=True, highlight=False).print
    say(f"gallery: [bold]{door.gallery(how)}[/bold]" + ("" if door.edged(how) else WITHOUT_EDGE))
    invited = door.first_account(engine(catalog_url(now)), people, now)
    say(f"review console: [bold]{people.url}[/bold]   {invited}")
    say(f"Dagster UI: http://127.0.0.1:{port}   contact sheets: {now.preview_url}   (Ctrl-C stops all)")
    try:
        os.waitpid(-1, 0)
        return 1
    except (KeyboardInterrupt, SystemExit):
        return 0
    finally:
        stop(started)


def lines(port: str, preview_port: int) -> list[list[str]]:
    """The command lines, with the programs beside this interpreter."""
    here = Path(sys.executable).parent
    workspace = ["-w", str(ROOT / "workspace.yaml")]
    return [
        [str(here / "dagster-webserver"), "-h", "127.0.0.1", "-p", port, *workspace],
        [str(here / "dagster-daemon"), "run", *workspace],
        [str(here / "wetplate"), "preview", "--port", str(preview_port)],
    ]


def stop(started: list[subprocess.Popen[bytes]]) -> None:
    """Ask each to end, wait, then insist."""
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
