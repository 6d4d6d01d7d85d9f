"""Accounts: who may sign in, as what; tries and waiting; forgetting somebody. Preferences."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from sqlalchemy import Engine, select, text

from tests.review.people import HASHER, PASSWORD, WRAPPING, add, console_settings, signed_in
from wetplate.cli.review_account import command
from wetplate.errors import AccountRefused, Erased, FormRefused, RetentionError
from wetplate.retention import holds, personal
from wetplate.review import accounts, passwords, preferences, sessions
from wetplate.review.access import Role
from wetplate.review.accounts import FREE, LONGEST_WAIT, attempt, wait
from wetplate.review.preferences import Preferences
from wetplate.review.tables import AccountEventRow, SessionRow
from wetplate.storage.database import now, transaction

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def events(database: Engine, reviewer: str) -> list[str]:
    with transaction(database) as session:
        rows = select(AccountEventRow).where(AccountEventRow.stream == reviewer)
        return [row.event for row in session.scalars(rows.order_by(AccountEventRow.position))]


def test_name_and_email_are_personal_fields_and_nowhere_else(catalog: Engine) -> None:
    fields = {"name": "Ada Example", "email": "ada@shop.example"}
    with transaction(catalog) as session:
        row = accounts.add(
            session,
            "ada",
            Role.SENIOR,
            PASSWORD,
            actor="cli",
            wrapping=WRAPPING,
            fields=fields,
            hasher=HASHER,
        )
    with transaction(catalog) as session:
        kept = accounts.of(session, "ada")
        assert (kept.id, kept.login, kept.role) == (row.id, "local:ada", "senior")
        assert kept.id.startswith("r-")
        assert len(kept.id) == 10
        assert personal.read(session, WRAPPING, row.id) == fields
        told = session.scalars(select(AccountEventRow.body).where(AccountEventRow.stream == row.id)).all()
    assert "Example" not in str(told)
    assert PASSWORD not in f"{kept.password} {told}"


@pytest.mark.parametrize("name", ["", "a", "Ada", "ada lovelace", "a/b", "x" * 33, "-ada", "ada\n", "ädä"])
def test_a_name_that_reads_in_two_ways_is_refused(name: str, catalog: Engine) -> None:
    with transaction(catalog) as session, pytest.raises(AccountRefused, match="no name to sign in with"):
        accounts.add(session, name, Role.VIEWER, PASSWORD, actor="cli", wrapping=WRAPPING, hasher=HASHER)


def test_a_name_is_given_once(catalog: Engine) -> None:
    add(catalog, Role.VIEWER, "twice")
    with pytest.raises(AccountRefused, match="already"):
        add(catalog, Role.ADMIN, "twice")


@pytest.mark.parametrize("easy", ["", "short", "x" * 40, "abababababab", "x" * 257, "carla carla 12345"])
def test_an_easy_password_is_refused(easy: str) -> None:
    with pytest.raises(AccountRefused, match="--generate"):
        passwords.hashed(easy, "carla", HASHER)


def test_a_generated_password_is_good_and_new_each_time() -> None:
    first, second = passwords.generated(), passwords.generated()
    assert first != second
    assert passwords.fits(passwords.hashed(first, hasher=HASHER), first, HASHER)
    assert not passwords.fits(passwords.hashed(first, hasher=HASHER), second, HASHER)


def test_one_password_whichever_keyboard_wrote_it() -> None:
    assert passwords.fits(
        passwords.hashed("caf\u00e9 au lait, merci", hasher=HASHER), "cafe\u0301 au lait, merci"
    )


def test_the_decoy_costs_what_a_real_hash_costs() -> None:
    assert not passwords.outdated(passwords.DECOY)
    assert passwords.DECOY.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.fits(None, "")
    assert not passwords.fits(None, PASSWORD)


def test_a_hash_of_lesser_cost_is_made_anew_at_the_next_sign_in(catalog: Engine) -> None:
    reviewer, dearer = add(catalog, Role.VIEWER), PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    with transaction(catalog) as session:
        before = accounts.of(session, reviewer).password
        accounts.succeeded(session, reviewer, PASSWORD, dearer)
        after = accounts.of(session, reviewer).password
        accounts.succeeded(session, reviewer, PASSWORD, dearer)
        assert accounts.of(session, reviewer).password == after
    assert after is not None
    assert after != before
    assert passwords.fits(after, PASSWORD, dearer)


def test_tries_are_counted_and_the_wait_grows(catalog: Engine) -> None:
    add(catalog, Role.VIEWER, "tried")
    with transaction(catalog) as session:
        row = accounts.of(session, "tried")
        assert all(attempt(session, "tried", NOON).reviewer == row.id for _ in range(FREE))
        assert row.locked_until == NOON + wait(FREE)
        assert attempt(session, "tried", NOON).reviewer is None
        assert row.failures == FREE
        later = NOON + wait(FREE)
        assert attempt(session, "tried", later).reviewer == row.id
        assert row.locked_until == later + wait(FREE + 1) > later + wait(FREE)
        accounts.succeeded(session, row.id, PASSWORD, HASHER)
        assert (row.failures, row.locked_until) == (0, None)


def test_of_many_tries_at_once_not_one_is_free(catalog: Engine) -> None:
    add(catalog, Role.VIEWER, "raced")

    def one(_: int) -> bool:
        with transaction(catalog) as session:
            return attempt(session, "raced", NOON).reviewer is not None

    with ThreadPoolExecutor(16) as racing:
        assert sum(racing.map(one, range(16))) == FREE


@pytest.mark.parametrize("name", ["hurried", "nobody"])
def test_no_disk_is_waited_for_whether_or_not_a_try_is_counted(name: str, catalog: Engine) -> None:
    if name == "hurried":
        add(catalog, Role.VIEWER, name)
    with transaction(catalog) as session:
        session.execute(text("SET LOCAL synchronous_commit = on"))
        attempt(session, name, NOON)
        assert session.scalar(text("SHOW synchronous_commit")) == "off"


def test_the_wait_never_shrinks_and_ends() -> None:
    waits = [wait(failures) for failures in range(40)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT == timedelta(minutes=15)


def test_whoever_has_no_password_to_check_has_no_attempt(catalog: Engine) -> None:
    add(catalog, Role.VIEWER, "gone")
    with transaction(catalog) as session:
        accounts.switch(session, "gone", False, actor="cli")
        for name in ("nobody", "gone", "", "' OR 1=1 --", "x" * 10_000):
            assert attempt(session, name, NOON) == accounts.Attempt()


def test_what_happens_to_an_account_is_on_record(catalog: Engine) -> None:
    reviewer = add(catalog, Role.VIEWER, "recorded")
    with transaction(catalog) as session:
        accounts.change_role(session, "recorded", Role.SENIOR, actor="r-admin")
        accounts.change_role(session, "recorded", Role.SENIOR, actor="r-admin")
        accounts.change_password(session, "recorded", "quite another set of words", actor="r-admin")
        accounts.switch(session, "recorded", False, actor="r-admin")
        accounts.switch(session, "recorded", True, actor="r-admin")
        accounts.erase(session, "recorded", actor="r-admin")
    assert events(catalog, reviewer) == ["added", "role", "password", "off", "on", "erased"]


@pytest.mark.parametrize(
    "change",
    [
        lambda session, own: accounts.change_role(session, own, Role.ADMIN, actor=own),
        lambda session, own: accounts.switch(session, own, True, actor=own),
        lambda session, own: accounts.erase(session, own, actor=own),
    ],
)
def test_nobody_changes_their_own_account(change: object, catalog: Engine) -> None:
    own = add(catalog, Role.ADMIN)
    assert callable(change)
    with transaction(catalog) as session, pytest.raises(AccountRefused, match="their own account"):
        change(session, own)


def test_another_password_signs_out_everywhere(catalog: Engine) -> None:
    one = signed_in(catalog, Role.VIEWER)
    with transaction(catalog) as session:
        accounts.change_password(session, one.id, "quite another set of words", actor="cli")
        assert session.scalars(select(SessionRow).where(SessionRow.reviewer == one.id)).all() == []


def test_erasing_forgets_who_somebody_was_and_keeps_the_pseudonym(catalog: Engine) -> None:
    one = signed_in(catalog, Role.SENIOR, add(catalog, Role.SENIOR, "leaver"))
    with transaction(catalog) as session:
        personal.keep(session, WRAPPING, one.id, {"name": "Lea Ver"})
        holds.place(session, one.id, "counsel", "a case is open")
    with pytest.raises(RetentionError), transaction(catalog) as session:
        accounts.erase(session, "leaver", actor="cli")
    with transaction(catalog) as session:
        assert accounts.of(session, "leaver").active
        holds.lift(session, one.id, "counsel", "a case is open")
        for _ in range(2):
            row = accounts.erase(session, one.id, actor="cli")
        assert (row.login, row.password, row.active) == (f"erased:{one.id}", None, False)
        assert session.scalars(select(SessionRow).where(SessionRow.reviewer == one.id)).all() == []
        with pytest.raises(Erased):
            personal.read(session, WRAPPING, one.id)
        with pytest.raises(AccountRefused, match="no reviewer 'leaver'"):
            accounts.of(session, "leaver")
        with pytest.raises(AccountRefused, match="erased"):
            accounts.switch(session, one.id, True, actor="cli")


def test_preferences_are_kept_and_read_at_the_next_request(catalog: Engine) -> None:
    one = signed_in(catalog, Role.REVIEWER)
    chosen = Preferences(20, False, ("sexual/nudity",), "dark", 25)
    with transaction(catalog) as session:
        accounts.prefer(session, one.id, chosen)
        assert accounts.of(session, one.id).preferences["without"] == ["sexual/nudity"]
    with transaction(catalog) as session:
        found = sessions.find(session, one.token, console_settings(), now())
    assert found is not None
    assert found.person.preferences == chosen


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"blur": "60", "grey": 1, "without": "x", "theme": "pink", "break_minutes": -1},
        {"blur": True, "without": ["no/such"], "unknown": 3},
        {"blur": 101, "break_minutes": 1e9},
    ],
)
def test_what_does_not_fit_is_its_default(stored: dict[str, object]) -> None:
    assert preferences.read(stored) == Preferences()
    assert preferences.read(preferences.write(preferences.read(stored))) == Preferences()


def test_preferences_of_a_form() -> None:
    form = {"blur": "0", "theme": "light", "break_minutes": "90", "csrf": "x", "role": "admin"}
    assert preferences.from_form(form, ["privacy/face", "privacy/face"]) == Preferences(
        0, False, ("privacy/face",), "light", 90
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("blur", "101"),
        ("blur", "-1"),
        ("blur", "1e2"),
        ("blur", "9" * 5000),
        ("theme", "x"),
        ("break_minutes", ""),
    ],
)
def test_a_field_that_says_what_it_cannot_is_named(field: str, value: str) -> None:
    form = {"blur": "0", "theme": "light", "break_minutes": "90", field: value}
    with pytest.raises(FormRefused, match=field):
        preferences.from_form(form)


def test_only_slugs_of_the_taxonomy_can_be_left_out() -> None:
    form = {"blur": "0", "theme": "light", "break_minutes": "90"}
    with pytest.raises(FormRefused, match="not in the taxonomy: no/such"):
        preferences.from_form(form, ["no/such"])


@pytest.fixture
def account(catalog: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("WETPLATE_DATABASE_URL", catalog.url.render_as_string(hide_password=False))
    monkeypatch.setenv("COLUMNS", "160")
    return lambda *words, **said: CliRunner().invoke(command, words, **said)


def test_from_the_command_line(account: Callable[..., Result], catalog: Engine) -> None:
    said = account("add", "typed", "--role", "admin", "--real-name", "Ty Ped", "--generate").output
    made = said.split("shown this once: ")[1].strip()
    with transaction(catalog) as session:
        row = accounts.of(session, "typed")
        assert passwords.fits(row.password, made)
    assert row.id in said
    assert account("role", "typed", "viewer").output == f"{row.id} is viewer\n"
    assert (
        "signed out everywhere"
        in account("password", row.id, "--password-stdin", input=PASSWORD + "\n").output
    )
    assert account("sign-out", "typed").output == "typed is signed out everywhere\n"
    assert account("sign-out", "--everybody").output.endswith("sessions ended\n")
    assert account("sign-out").exit_code == account("sign-out", "typed", "--everybody").exit_code == 1
    assert account("off", "typed").output == f"{row.id} is off\n"
    listed = account("list").output
    assert "local:typed" in listed
    assert "Ped" not in listed
    line = next(each for each in json.loads(account("list", "--json").output) if each["id"] == row.id)
    assert (line["role"], line["state"]) == ("viewer", "off")
    assert account("erase", "typed", input="n\n").exit_code == 1
    assert account("erase", "typed", "--yes").output == f"{row.id} is nobody any more\n"
    assert isinstance(account("on", row.id).exception, AccountRefused)


def test_no_account_without_a_password_that_somebody_chose(
    account: Callable[..., Result], catalog: Engine
) -> None:
    for words, typed in (((), "\n\n"), (("--password-stdin",), ""), (("--password-stdin",), "short\n")):
        assert account("add", "careless", "--role", "admin", *words, input=typed).exit_code == 1
    assert isinstance(account("password", "careless", "--generate").exception, AccountRefused)
    with transaction(catalog) as session, pytest.raises(AccountRefused):
        accounts.of(session, "careless")
