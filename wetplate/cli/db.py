"""`wetplate db`: start, stop and look at the catalog's Postgres."""

import click

from wetplate.cli.catching_up import catch_up
from wetplate.errors import StorageError
from wetplate.settings import Settings, settings
from wetplate.storage import migrations, postgres
from wetplate.storage.database import catalog_url, engine, owner_url


@click.group("db")
def command() -> None:
    """Start, stop and look at the catalog's Postgres."""


@command.command()
def up() -> None:
    """Start Postgres if needed, make what is missing, migrate. A configured database is only migrated."""
    now = settings()
    if now.database_url is not None:
        migrations.upgrade(engine(owner_url(now)))
        _sync(now)
        click.echo(f"catalog migrated to revision {migrations.newest()}")
    else:
        server = postgres.up(now)
        _sync(now)
        click.echo(f"Postgres {server.major()} is up in {server.data}, schema {migrations.newest()}")
        click.echo(server.url())


@command.command()
def down() -> None:
    """Stop Postgres; every row stays."""
    was_running = postgres.down(_embedded(settings()))
    click.echo("Postgres is stopped" if was_running else "Postgres was not running")


@command.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Say what runs, where, and at which schema. Exit status 1 when nothing runs."""
    found = postgres.status(_embedded(settings()))
    click.echo(f"running   {'yes' if found.running else 'no'}")
    click.echo(f"data      {found.server.data}")
    click.echo(f"version   {found.version or '-'}")
    click.echo(f"schema    {found.revision or '-'} (this code: {migrations.newest()})")
    click.echo(f"url       {found.url()}")
    ctx.exit(0 if found.running else 1)


@command.command()
@click.option("--yes", is_flag=True, help="Really delete every row.")
def reset(yes: bool) -> None:
    """Delete every row: the catalog and Dagster's history. Objects stay."""
    now = _embedded(settings())
    if not yes:
        raise StorageError(
            f"this deletes every row in {postgres.status(now).server.data}; say --yes to do it"
        )
    postgres.reset(now)
    click.echo("Postgres is stopped and its data deleted; `wetplate db up` makes a new one")


def _sync(now: Settings) -> None:
    """What waits for a person by its verdict is on the list of tasks, also what is older than that list."""
    catch_up(engine(catalog_url(now)))


def _embedded(now: Settings) -> Settings:
    if now.database_url is not None:
        raise StorageError(
            "WETPLATE_DATABASE_URL is set: that Postgres is run by somebody else; unset it to use ours"
        )
    return now
