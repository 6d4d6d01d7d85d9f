"""What strangers, other sites and people with too small a role try at the gate, and the answer they get."""

import re
from typing import Any

import pytest
from limits import RateLimitItemPerMinute
from sqlalchemy import Engine, create_engine
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.review import stage
from tests.review.console import Console
from tests.review.people import URL, Client, SignedIn, add, signed_in, signed_in_client
from tests.review.stage import Stage
from wetplate.review import accounts, csrf
from wetplate.review.access import Role
from wetplate.review.headers import POLICY
from wetplate.review.throttles import Throttles
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects


@pytest.fixture(scope="module")
def console(catalog: Engine) -> Console:
    return Console(catalog)


@pytest.fixture(scope="module")
def senior_for_good(catalog: Engine) -> SignedIn:
    return signed_in(catalog, Role.SENIOR)


@pytest.fixture
def senior(console: Console, senior_for_good: SignedIn) -> Client:
    """Shared: leave the account as it is."""
    return Client(console, senior_for_good)


@pytest.fixture
def spare(console: Console, catalog: Engine) -> Client:
    return signed_in_client(console, catalog, Role.SENIOR)


def test_a_form_with_its_token_passes(senior: Client) -> None:
    answer = senior.post("/change", data={"csrf": senior.csrf, "said": "yes"})
    assert senior.who
    assert (answer.status_code, answer.text) == (200, f"person:{senior.who.id} said yes")


def test_so_does_one_with_a_file(senior: Client) -> None:
    answer = senior.post("/change", data={"csrf": senior.csrf, "said": "yes"}, files={"file": b"x" * 1000})
    assert answer.status_code == 200


def test_so_does_a_script_with_the_header(senior: Client) -> None:
    assert senior.post("/change", headers={"X-CSRF-Token": senior.csrf}).status_code == 200


@pytest.mark.parametrize("kind", ["none", "empty", "foreign", "twice", "json", "upper"])
def test_a_form_without_the_token_of_its_session_is_refused(
    kind: str, senior: Client, catalog: Engine
) -> None:
    foreign = signed_in(catalog, Role.ADMIN).csrf
    said: dict[str, Any] = {
        "none": {"data": {"said": "x"}},
        "empty": {"data": {"csrf": ""}},
        "foreign": {"data": {"csrf": foreign}},
        "twice": {"data": {"csrf": [foreign, senior.csrf]}},
        "json": {"json": {"csrf": senior.csrf}},
        "upper": {"data": {"CSRF": senior.csrf}},
    }[kind]
    answer = senior.post("/change", **said)
    assert answer.status_code == 403
    assert "open the page anew" in answer.text


def test_the_token_of_an_old_session_of_the_same_person_is_refused(console: Console, catalog: Engine) -> None:
    one = signed_in(catalog, Role.SENIOR)
    other = Client(console, signed_in(catalog, Role.SENIOR, one.id))
    assert other.post("/change", data={"csrf": one.csrf}).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": URL}, 200),
        ({"Sec-Fetch-Site": "none", "Origin": URL}, 200),
        ({"Origin": URL}, 200),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": URL + ".evil.example"}, 403),
        ({"Origin": URL.replace("http", "https")}, 403),
        ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": URL}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, 403),
    ],
)
def test_what_changes_something_comes_from_our_own_page(
    headers: dict[str, str], status: int, senior: Client
) -> None:
    del senior.headers["Origin"]
    answer = senior.post("/change", data={"csrf": senior.csrf}, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("mode", "site", "status"),
    [
        ("navigate", "cross-site", 200), ("navigate", "none", 200), ("no-cors", "same-origin", 200),
        ("no-cors", "cross-site", 403), ("cors", "cross-site", 403), ("no-cors", "same-site", 403),
    ],
)  # fmt: skip
def test_others_may_link_to_us_and_not_embed_us(mode: str, site: str, status: int, senior: Client) -> None:
    answer = senior.get("/", headers={"Sec-Fetch-Mode": mode, "Sec-Fetch-Site": site})
    assert answer.status_code == status


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
def test_every_method_but_reading_needs_the_token(method: str, senior: Client) -> None:
    assert senior.request(method, "/change").status_code == 403


@pytest.mark.parametrize("kind", ["forged", "changed", "hash", "quoted", "two", "long", "other name"])
def test_a_cookie_that_is_not_ours_signs_nobody_in(kind: str, console: Console, catalog: Engine) -> None:
    one = signed_in(catalog, Role.ADMIN)
    cookie = {
        "forged": "wetplate=" + "A" * 43,
        "changed": f"wetplate={one.token[:-1]}{'A' if one.token[-1] != 'A' else 'B'}",
        "hash": f"wetplate={one.id}",
        "quoted": f"wetplate='{one.token}'",
        "two": f"wetplate={one.token}; wetplate=x",
        "long": f"wetplate={one.token * 20}",
        "other name": f"__Host-wetplate={one.token}",
    }[kind]
    answer = Client(console).get("/", headers={"Cookie": cookie})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_somebody_switched_off_is_out_at_the_next_request(spare: Client, catalog: Engine) -> None:
    assert spare.get("/").status_code == 200
    assert spare.who
    with transaction(catalog) as session:
        accounts.switch(session, spare.who.id, False, actor="cli")
    assert spare.get("/").status_code == 303
    assert spare.post("/change", data={"csrf": spare.csrf}).status_code == 303


def test_a_role_that_was_taken_away_is_gone_at_the_next_request(spare: Client, catalog: Engine) -> None:
    assert spare.who
    with transaction(catalog) as session:
        accounts.change_role(session, spare.who.id, Role.REVIEWER, actor="cli")
    answer = spare.post("/change", data={"csrf": spare.csrf})
    assert answer.status_code == 403
    assert "needs the role senior and yours is reviewer" in answer.text


@pytest.mark.parametrize("how", ["field", "query", "header", "state"])
def test_nobody_gives_themselves_a_role(how: str, console: Console, catalog: Engine) -> None:
    viewer = signed_in_client(console, catalog, Role.VIEWER)
    form, query, headers = {"csrf": viewer.csrf, "said": "x"}, {}, {}
    if how == "field":
        form |= {"role": "admin", "person": "admin", "id": add(catalog, Role.ADMIN)}
    if how == "query":
        query = {"role": "admin", "csrf": viewer.csrf}
    if how == "header":
        headers = {"X-Role": "admin", "X-Forwarded-User": "admin", "Remote-User": "admin"}
    if how == "state":
        headers = {"X-State-Person": "admin"}
    assert viewer.post("/change", data=form, params=query, headers=headers).status_code == 403
    assert viewer.get("/", params=query, headers=headers).json()["role"] == "viewer"


#: Of the real console, what needs no session.
TO_ALL = ("/health", "/static/", "/sign-in")
#: Forms that even a viewer may send: about themselves.
OWN = {"/me", "/sign-out"}


@pytest.fixture(scope="module")
def addresses(catalog: Engine) -> tuple[ASGIApp, list[tuple[str, str]]]:
    """The real console, and every method and address of it."""
    made = stage.console(Stage(catalog, MemoryObjects(), 64))
    found = [
        (method, re.sub(r"{[^}]*}", "1", route.path))
        for route in made.routes
        if isinstance(route, Route) and not route.path.startswith(TO_ALL)
        for method in sorted(set(route.methods or ()) - {"HEAD"})
    ]
    assert {"/", "/me", "/accounts", "/pixels/1/1"} <= {path for _, path in found}
    return made, found


def test_every_address_of_the_console_is_behind_the_gate(
    addresses: tuple[ASGIApp, list[tuple[str, str]]], catalog: Engine
) -> None:
    console, found = addresses
    stranger, admin = Client(console), signed_in_client(console, catalog, Role.ADMIN)
    for method, path in found:
        answer = stranger.request(method, path)
        assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in"), path
        if method != "GET":
            assert admin.request(method, path, data={"role": "admin"}).status_code == 403, path


def test_a_viewer_changes_nothing_whatever_the_address(
    addresses: tuple[ASGIApp, list[tuple[str, str]]], catalog: Engine
) -> None:
    console, found = addresses
    viewer = signed_in_client(console, catalog, Role.VIEWER)
    for method, path in found:
        if method != "GET" and path not in OWN:
            form = {"csrf": viewer.csrf, "role": "admin", "active": "yes", "decision": "approve"}
            assert viewer.request(method, path, data=form).status_code == 403, path
    assert viewer.get("/accounts").status_code == 403
    chosen = {"blur": "0", "theme": "dark", "break_minutes": "0", "role": "admin", "id": "r-00000001"}
    assert viewer.post("/me", data={"csrf": viewer.csrf, **chosen}).status_code == 303
    assert viewer.get("/accounts").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/change/", "//change", "/./change", "/static/../change", "/sign-in/../change",
        "/static/%2e%2e/change",
        "/static%2f..%2fchange", "/%63hange", "/CHANGE", "/sign-in/x", "/static/", "/sign-in%00", "/change;x",
        "/..%5cchange", "/sign-inx", "/staticx",
    ],
)  # fmt: skip
def test_no_spelling_of_a_path_leads_around_the_gate(path: str, console: Console) -> None:
    client = Client(console)
    answer = client.post(path, data={"said": "x"})
    assert answer.status_code in (303, 404, 405)
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("path", ["/sign-inx", "/staticx", "/healthy", "/sign", "/nowhere"])
def test_what_only_begins_like_an_open_path_is_closed(path: str, console: Console) -> None:
    assert Client(console).get(path).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:3000",
        "localhost:3004",
        "127.0.0.1:3004.evil.example",
        "",
        "[::1]:3004",
    ],
)
def test_the_console_answers_to_its_own_name_only(host: str, senior: Client) -> None:
    for path in ("/", "/sign-in", "/static/style.css"):
        answer = senior.get(path, headers={"Host": host, "X-Forwarded-Host": "127.0.0.1:3004"})
        assert answer.status_code == 421
        assert URL in answer.text


def test_a_form_that_is_too_large_is_refused_before_it_is_read(senior: Client) -> None:
    sent = []

    def endless() -> Any:
        yield b"said="
        for _ in range(1000):
            sent.append(1)
            yield b"x" * 1024

    answer = senior.post("/change", content=endless(), headers={"X-CSRF-Token": senior.csrf})
    assert answer.status_code == 400
    assert "larger than 4096 bytes" in answer.text
    assert Client(senior.app).post("/sign-in", content=b"x" * 5000).status_code == 400


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"--y\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--"),
        ("application/x-www-form-urlencoded", b"&" * 3000),
        ("application/x-www-form-urlencoded", "&".join(f"f{n}=1" for n in range(500)).encode()),
        ("application/x-www-form-urlencoded", b"csrf=%ff%fe%zz"),
        ("text/plain", b"csrf=x"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(kind: str, body: bytes, senior: Client) -> None:
    answer = senior.post("/change", content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 403)


def test_of_one_session_so_many_posts(catalog: Engine) -> None:
    console = Console(catalog, Throttles(posts=[RateLimitItemPerMinute(3)]))
    one, other = (signed_in_client(console, catalog, Role.SENIOR) for _ in range(2))
    statuses = [one.post("/change", data={"csrf": one.csrf}).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert other.post("/change", data={"csrf": other.csrf}).status_code == 200
    assert one.get("/").status_code == 200


def test_only_a_proxy_of_ours_says_who_asks(catalog: Engine) -> None:
    """The peer here is no proxy: whatever it says of others, the tries are its own."""
    client = Client(Console(catalog, Throttles(sign_ins=[RateLimitItemPerMinute(1)])))
    for n, status in enumerate((403, 429)):
        page = client.get("/sign-in")
        found = re.search('name="csrf" value="([^"]+)"', page.text)
        assert found
        form = {"csrf": found[1], "name": "x", "password": "y"}
        assert (
            client.post("/sign-in", data=form, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
            == status
        )


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/change", "/static/style.css"])
def test_every_answer_says_what_a_browser_may_do(path: str, senior: Client, console: Console) -> None:
    for client in (senior, Client(console)):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert (
            headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        )
        assert "camera=()" in headers["permissions-policy"]
        assert headers["cache-control"] == ("max-age=60" if path.startswith("/static") else "no-store")


def test_a_fault_of_ours_is_no_way_around_the_headers(console: Console, catalog: Engine) -> None:
    client = signed_in_client(console, catalog, Role.VIEWER)
    client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert "a fault of ours" not in answer.text


def test_the_policy_lets_no_inline_script_run() -> None:
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY
    assert "frame-ancestors 'none'" in POLICY
    assert "require-trusted-types-for 'script'" in POLICY
    assert "*" not in POLICY


def test_without_a_database_the_gate_stays_shut() -> None:
    nowhere = create_engine("postgresql+psycopg://app@/none?host=/nonexistent")
    client = Client(Console(nowhere))
    client.cookies.set("wetplate", "A" * 43)
    assert client.get("/").status_code == 503
    assert Client(Console(nowhere)).get("/").status_code == 303


def test_an_origin_is_spelled_as_a_browser_spells_it() -> None:
    assert csrf.origin("https://review.shop.example:443/x") == "https://review.shop.example"
    assert csrf.origin("http://[::1]:3004") == "http://[::1]:3004"
    assert csrf.origin("HTTP://LocalHost:80") == "http://localhost"
