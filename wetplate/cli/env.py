"""`wetplate env`: what Dagster needs in its environment, as lines for a shell to evaluate.

Also lays DAGSTER_HOME out: the checkout's dagster.yaml is copied into var/dagster, so that Dagster's own
files never litter the checkout.
"""

import shlex
import shutil
from pathlib import Path

import click

from wetplate.settings import ROOT, Settings, settings
from wetplate.storage import postgres
from wetplate.storage.database import catalog_url


@click.command("env")
def command() -> None:
    """Print `export ...` lines: eval "$(wetplate env)"."""
    for name, value in environment(settings()).items():
        click.echo(f"export {name}={shlex.quote(value)}")


def environment(now: Settings) -> dict[str, str]:
    """DAGSTER_HOME and the URL of Dagster's own storage (psycopg2:

    The only driver dagster-postgres works on).
    """
    home = dagster_home(now.var / "dagster")
    url = now.dagster_url or postgres.status(now).url("app", "dagster", "psycopg2")
    return {
        "DAGSTER_HOME": str(home),
        "WETPLATE_DAGSTER_URL": url,
        "WETPLATE_DATABASE_URL": catalog_url(now),
    }


def dagster_home(folder: Path) -> Path:
    """The folder, holding a current copy of dagster.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "dagster.yaml", folder / "dagster.yaml")
    return folder
