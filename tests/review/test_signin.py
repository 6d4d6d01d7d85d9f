"""Signing in with a password: the page, the cookie, the waiting, and what nobody is told."""

import re
from html import unescape
from typing import Any

import pytest
from argon2 import PasswordHasher
from limits import RateLimitItemPerMinute
from sqlalchemy import Engine

from tests.review.console import Console
from tests.review.people import HASHER, PASSWORD, URL, Client, add, console_settings, signed_in
from wetplate.errors import SignInRefused
from wetplate.review import accounts
from wetplate.review.access import Role
from wetplate.review.accounts import FREE
from wetplate.review.signin.local import WRONG, LocalSignIn
from wetplate.review.signin.onward import onward
from wetplate.review.throttles import Throttles
from wetplate.storage.database import transaction

HTTPS = "https://review.shop.example"


@pytest.fixture
def console(catalog: Engine) -> Console:
    return Console(catalog)


def sign_in(client: Client, name: str, password: str = PASSWORD, onward: str = "", **said: str) -> Any:
    """Opens the page, fills in the form, sends it."""
    page = client.get("/sign-in", params={"next": onward} if onward else {})
    token = re.search('name="csrf" value="([^"]+)"', page.text)
    back = re.search('name="next" value="([^"]+)"', page.text)
    assert token
    assert back
    form = {"csrf": token[1], "next": unescape(back[1]), "name": name, "password": password, **said}
    return client.post("/sign-in", data=form)


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_comes_back(
    console: Console, catalog: Engine
) -> None:
    reviewer, client = add(catalog, Role.REVIEWER, "comes-back"), Client(console)
    sent = client.get("/?queue=review&page=2")
    assert (sent.status_code, sent.headers["location"]) == (
        303,
        "/sign-in?next=/%3Fqueue%3Dreview%26page%3D2",
    )
    assert client.get(sent.headers["location"]).status_code == 200
    answer = sign_in(client, "comes-back", onward="/?queue=review&page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?queue=review&page=2")
    assert client.get("/").json() == {"id": reviewer, "role": "reviewer", "blur": 60}
    assert client.get("/sign-in?next=/x").headers["location"] == "/x"


def test_a_script_or_a_picture_is_refused_where_it_stands(console: Console) -> None:
    answer = Client(console).get("/", headers={"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 401


def test_a_name_is_spelled_in_one_way(console: Console, catalog: Engine) -> None:
    add(catalog, Role.VIEWER, "spelled")
    assert sign_in(Client(console), " Spelled ").status_code == 303


@pytest.mark.parametrize("case", ["unknown", "wrong", "off", "waits", "odd"])
def test_every_refusal_reads_alike(case: str, catalog: Engine) -> None:
    name = f"case-{case}"
    if case not in ("unknown", "odd"):
        add(catalog, Role.ADMIN, name)
    if case == "off":
        with transaction(catalog) as session:
            accounts.switch(session, name, False, actor="cli")
    client = Client(Console(catalog, Throttles(sign_ins=())))
    if case == "waits":
        for _ in range(FREE):
            assert sign_in(client, name, "not the password").status_code == 403
    if case == "odd":
        name = "no\x00name"
    answer = sign_in(client, name, PASSWORD if case in ("off", "waits") else "not the password")
    assert answer.status_code == 403
    assert WRONG in answer.text
    assert "set-cookie" in answer.headers
    assert "wetplate=" not in answer.headers["set-cookie"]


class Counting(PasswordHasher):
    """Counts the hashes that were checked."""

    checked = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:
        self.checked += 1
        return super().verify(hash, password)


@pytest.mark.parametrize("name", ["real", "nobody", "off", ""])
def test_a_hash_is_checked_whether_or_not_the_name_exists(name: str, catalog: Engine) -> None:
    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    if name in ("real", "off"):
        add(catalog, Role.VIEWER, f"timed-{name}")
    if name == "off":
        with transaction(catalog) as session:
            accounts.switch(session, "timed-off", False, actor="cli")
    local = LocalSignIn(catalog, console_settings(), hasher)
    with pytest.raises(SignInRefused, match="do not belong together"):
        local.sign_in(f"timed-{name}" if name else "", "not the password", "192.0.2.1", Throttles())
    assert hasher.checked == 1


def test_too_many_tries_of_one_address_wait(catalog: Engine) -> None:
    add(catalog, Role.VIEWER, "hammered")
    client = Client(Console(catalog, Throttles(sign_ins=[RateLimitItemPerMinute(2)])))
    answers = [sign_in(client, f"guess-{n}", "x") for n in range(3)]
    assert [answer.status_code for answer in answers] == [403, 403, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert sign_in(client, "hammered").status_code == 429


def test_a_right_password_sets_the_count_back(catalog: Engine) -> None:
    add(catalog, Role.VIEWER, "typo")
    console = Console(catalog, Throttles(sign_ins=()))
    for _ in range(2):
        client = Client(console)
        for _ in range(FREE - 1):
            assert sign_in(client, "typo", "not the password").status_code == 403
        assert sign_in(client, "typo").status_code == 303


def test_a_session_begins_with_a_token_nobody_saw_before(console: Console, catalog: Engine) -> None:
    add(catalog, Role.VIEWER, "fixed")
    attacker = signed_in(catalog, Role.VIEWER)
    client = Client(console, attacker)
    client.cookies.set("wetplate-sign-in", "A" * 43)
    page = Client(console).get("/sign-in")
    token = re.search('name="csrf" value="([^"]+)"', page.text)
    assert token
    client.cookies.set("wetplate-sign-in", page.cookies["wetplate-sign-in"])
    answer = client.post("/sign-in", data={"csrf": token[1], "name": "fixed", "password": PASSWORD})
    assert answer.status_code == 303
    assert answer.cookies["wetplate"] not in ("", attacker.token)
    assert Client(console, attacker).get("/").status_code == 303  # what the browser had has ended


def test_signing_out_ends_the_session_for_good(console: Console, catalog: Engine) -> None:
    client = Client(console, signed_in(catalog, Role.VIEWER))
    kept = client.cookies["wetplate"]
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 403
    answer = client.post("/sign-out", data={"csrf": client.csrf})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert 'wetplate=""; HttpOnly; Max-Age=0; Path=/' in answer.headers["set-cookie"]
    client.cookies.set("wetplate", kept)
    assert client.get("/").status_code == 303


def test_the_cookie_is_bound_to_the_host_where_there_is_tls(catalog: Engine) -> None:
    add(catalog, Role.VIEWER, "secure")
    client = Client(Console(catalog, url=HTTPS), url=HTTPS)
    answer = sign_in(client, "secure")
    said = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("__Host-wetplate="))
    parts = {part.strip() for part in said.split(";")[1:]}
    assert parts == {"HttpOnly", "Max-Age=43200", "Path=/", "SameSite=lax", "Secure"}
    assert client.get("/").status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=63072000"


def test_the_cookie_on_loopback(console: Console, catalog: Engine) -> None:
    add(catalog, Role.VIEWER, "loopback")
    answer = sign_in(Client(console), "loopback")
    said = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("wetplate="))
    assert {part.strip() for part in said.split(";")[1:]} == {
        "HttpOnly",
        "Max-Age=43200",
        "Path=/",
        "SameSite=lax",
    }
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("forged", ["", "x", "of another browser"])
def test_nobody_is_signed_in_by_somebody_elses_form(forged: str, console: Console, catalog: Engine) -> None:
    add(catalog, Role.VIEWER, f"victim-{len(forged)}")
    token = forged
    if forged.startswith("of"):
        found = re.search('name="csrf" value="([^"]+)"', Client(console).get("/sign-in").text)
        assert found
        token = found[1]
    answer = sign_in(Client(console), f"victim-{len(forged)}", csrf=token)
    assert answer.status_code == 403
    assert "try once more" in answer.text


def test_what_was_typed_is_escaped_and_the_password_is_not_shown(console: Console) -> None:
    answer = sign_in(Client(console), '"><script>alert(1)</script>', "hunter2 hunter2")
    assert "<script>alert" not in answer.text
    assert "hunter2" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_a_sign_in_needs_no_form_fields_to_be_refused(console: Console) -> None:
    client = Client(console)
    client.get("/sign-in")
    assert client.post("/sign-in").status_code == 403
    assert client.post("/sign-in", json={"name": "x"}).status_code == 403
    assert client.post("/sign-in", files={"name": b"x", "password": b"y"}).status_code == 403


@pytest.mark.parametrize(
    "asked",
    [
        "/",
        "/queue/review",
        "/task/12?zoom=1",
        "/image/0a1b?near=1&x=%20y",
        "/notices/n-1/",
        "/a.b/c-d_e~f:g@h",
    ],
)
def test_a_path_of_ours_leads_there(asked: str) -> None:
    assert onward(asked) == asked


@pytest.mark.parametrize(
    "asked",
    [
        None, "", "evil", "evil.example", "https://evil.example/", "//evil.example", "///evil.example",
        "/\\evil.example", "\\\\evil.example", "/%2Fevil.example", "/%2f%2fevil.example", "/%5cevil.example",
        "/..", "/../x", "/a/../b", "/a/./b", "/.", "/%2e%2e/x", "/a//b", "/a\tb", "/\t/evil.example",
        "/\n/evil.example", "/x\r\nSet-Cookie: a=b", "/x%0d%0aSet-Cookie:a=b", "/?x=%0d%0ay", "/?x=\r\ny",
        "javascript:alert(1)", "/javascript:alert(1)\\", "data:text/html,x", " /x", "/x y", "/é", "/x#y",
        "/?a?b", "/sign-in", "/sign-out", "/sign-in/oidc", "/" + "x" * 600,
        "/@evil.example/..", "http:/x", "/;/x",
    ],
)  # fmt: skip
def test_anything_else_leads_to_the_first_page(asked: str | None) -> None:
    assert onward(asked) == "/"


@pytest.mark.parametrize(
    "asked", ["//evil.example", "/%2F/evil.example", "https://evil.example", "/\\evil.example"]
)
def test_no_link_to_the_sign_in_leads_away(asked: str, console: Console, catalog: Engine) -> None:
    name = f"led-{abs(hash(asked))}"
    add(catalog, Role.VIEWER, name)
    assert sign_in(Client(console), name, onward=asked).headers["location"] == "/"
    assert sign_in(Client(console), name, next=asked).headers["location"] == "/"
    assert (
        Client(console, signed_in(catalog, Role.VIEWER))
        .get("/sign-in", params={"next": asked})
        .headers["location"]
        == "/"
    )


def test_the_cheap_hasher_is_a_test_thing() -> None:
    assert HASHER.memory_cost < PasswordHasher().memory_cost
    assert URL.startswith("http://127.0.0.1")
