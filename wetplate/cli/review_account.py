"""`wetplate review account`: who may sign in to the review console.

There is no default account and no default password. A password is typed, read from standard input, or made
and printed once; it is no option of a command, where others could see it.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from wetplate.errors import AccountRefused
from wetplate.retention import personal
from wetplate.review import accounts, passwords, sessions
from wetplate.review.access import Role
from wetplate.review.tables import ReviewerRow
from wetplate.settings import reviewing, settings
from wetplate.storage.database import catalog_url, engine, transaction

#: Whoever may run this has the catalog's password; who that was is not the catalog's to know.
ACTOR = "operator"
ROLE = click.Choice([role.value for role in Role])
WHO = click.argument("who")


@click.group("account")
def command() -> None:
    """Say who may sign in to the console. WHO is a name to sign in with, or a pseudonym (r-...)."""


def _secret(ask: Callable[..., Any]) -> Callable[..., Any]:
    """The two options of a command that sets a password."""
    ask = click.option("--generate", is_flag=True, help="Make a password and print it, once.")(ask)
    return click.option("--password-stdin", is_flag=True, help="Read it from standard input.")(ask)


@command.command()
@click.argument("name")
@click.option("--role", type=ROLE, required=True, help="What they may do.")
@click.option("--real-name", default="", help="Kept sealed, apart from everything they do.")
@click.option("--email", default="", help="Kept sealed too.")
@_secret
def add(name: str, role: str, real_name: str, email: str, password_stdin: bool, generate: bool) -> None:
    """Let somebody sign in as NAME."""
    fields = {key: value for key, value in (("name", real_name), ("email", email)) if value}
    kept, password = personal.wrapping(reviewing(), settings().var), chosen(password_stdin, generate)
    with _catalog() as session:
        row = accounts.add(session, name, Role(role), password, actor=ACTOR, wrapping=kept, fields=fields)
    click.echo(f"{row.id} signs in as {name}, {row.role}")
    _told(password, generate)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def listed(as_json: bool) -> None:
    """List everybody who may sign in, or could once. Names and e-mails are not shown."""
    with _catalog() as session:
        rows = [_line(row) for row in accounts.listed(session)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = Table("pseudonym", "signs in as", "role", "state", "since")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console(soft_wrap=False).print(
        table if rows else "nobody yet: wetplate review account add NAME --role admin"
    )


@command.command()
@WHO
@click.argument("role", type=ROLE)
def role(who: str, role: str) -> None:
    """Give WHO another role. It counts from their next request."""
    with _catalog() as session:
        row = accounts.change_role(session, who, Role(role), actor=ACTOR)
    click.echo(f"{row.id} is {row.role}")


@command.command()
@WHO
@_secret
def password(who: str, password_stdin: bool, generate: bool) -> None:
    """Give WHO another password. They are signed out everywhere and wait no longer."""
    with _catalog() as session:
        accounts.of(session, who)
    new = chosen(password_stdin, generate)
    with _catalog() as session:
        row = accounts.change_password(session, who, new, actor=ACTOR)
    click.echo(f"{row.id} has another password and is signed out everywhere")
    _told(new, generate)


@command.command()
@WHO
def off(who: str) -> None:
    """Keep WHO out, from their next request on."""
    _switch(who, False)


@command.command()
@WHO
def on(who: str) -> None:
    """Let WHO sign in again."""
    _switch(who, True)


@command.command("sign-out")
@click.argument("who", required=False)
@click.option("--everybody", is_flag=True, help="All of them, instead of WHO.")
def sign_out(who: str | None, everybody: bool) -> None:
    """End all sessions of WHO. They may sign in again."""
    if (who is None) is not everybody:
        raise AccountRefused("whom? either WHO or --everybody")
    with _catalog() as session:
        if who is None:
            click.echo(f"{sessions.end_every(session)} sessions ended")
        else:
            sessions.end_all(session, accounts.of(session, who).id)
            click.echo(f"{who} is signed out everywhere")


@command.command()
@WHO
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(who: str, yes: bool) -> None:
    """Forget who WHO was, for good. What they decided stays under the pseudonym."""
    if not yes:
        click.confirm(f"forget login, name and e-mail of {who}? Nothing brings them back", abort=True)
    with _catalog() as session:
        row = accounts.erase(session, who, actor=ACTOR)
    click.echo(f"{row.id} is nobody any more")


def chosen(from_stdin: bool, generate: bool) -> str:
    """The password: made, read, or typed twice. Raises AccountRefused."""
    if from_stdin and generate:
        raise AccountRefused("either --password-stdin or --generate")
    if generate:
        return passwords.generated()
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _told(password: str, generate: bool) -> None:
    if generate:
        click.echo(f"password, shown this once: {password}")


def _switch(who: str, active: bool) -> None:
    with _catalog() as session:
        row = accounts.switch(session, who, active, actor=ACTOR)
    click.echo(f"{row.id} is {'on' if row.active else 'off'}")


def _line(row: ReviewerRow) -> Mapping[str, object]:
    return {
        "id": row.id,
        "login": row.login,
        "role": row.role,
        "state": "on" if row.active else "off",
        "since": row.at.isoformat(timespec="minutes"),
    }


@contextmanager
def _catalog() -> Iterator[Session]:
    with transaction(engine(catalog_url(settings()))) as session:
        yield session
