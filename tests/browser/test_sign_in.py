"""Signing in to the review console in a real browser: by keys alone, without script, from another site."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from tests.browser.conftest import CHROMIUM
from tests.delivery.conftest import lent
from tests.review import provider
from tests.review.people import PASSWORD, add
from tests.review.stage import Stage, running
from wetplate.review.access import Role
from wetplate.storage.cluster import Server
from wetplate.storage.memory import MemoryObjects

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("shop"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def database(postgres_server: Server) -> Iterator[Engine]:
    with lent(postgres_server) as engine:
        yield engine


@pytest.fixture(scope="module")
def console(database: Engine) -> Iterator[str]:
    """An empty console."""
    with running(Stage(database, MemoryObjects(), 64)) as url:
        yield url


def type_in(page: Page, name: str, password: str) -> None:
    """Nothing but keys: the cursor stands where the page put it."""
    expect(page.locator("#name" if not page.input_value("#name") else "#password")).to_be_focused()
    if not page.input_value("#name"):
        page.keyboard.type(name)
        page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_by_keyboard_alone(script: bool, console: str, database: Engine, browser: Browser) -> None:
    name = f"keys-{script}".lower()
    reviewer = add(database, Role.REVIEWER, name)
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{console}/queue/review")
    assert page.url == f"{console}/sign-in?next=/queue/review"
    type_in(page, name, "not the password")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    assert page.locator("#password").get_attribute("aria-describedby") == "refusal"
    type_in(page, name, PASSWORD)
    page.wait_for_url(f"{console}/queue/review")
    expect(page.get_by_text(reviewer)).to_be_visible()
    kept = {cookie["name"]: cookie for cookie in context.cookies()}
    assert (kept["wetplate"]["httpOnly"], kept["wetplate"]["sameSite"]) == (True, "Lax")
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url(f"{console}/sign-in")
    assert "wetplate" not in {cookie["name"] for cookie in context.cookies()}
    page.go_back()
    expect(page.get_by_text(reviewer)).to_have_count(0)
    context.close()


def test_back_from_a_provider_on_another_site(database: Engine, browser: Browser) -> None:
    """The cookies survive the way there and back, and no rule of the page stands in it."""
    with provider.running() as fake:
        fake.url = fake.url.replace("127.0.0.1", "localhost")
        known = {"oidc_issuer": fake.url, "oidc_client": provider.CLIENT, "oidc_secret": provider.SECRET}
        with running(Stage(database, MemoryObjects(), 64), **known) as console:
            page = browser.new_page()
            page.goto(f"{console}/queue/appeal")
            page.get_by_role("link", name="Sign in with localhost").press("Enter")
            page.wait_for_url(f"{console}/queue/appeal")
            expect(page.get_by_text("senior", exact=False).first).to_be_visible()
            page.close()


def test_another_site_can_neither_send_our_forms_nor_frame_our_pages(
    console: str, database: Engine, browser: Browser
) -> None:
    add(database, Role.ADMIN, "lured")
    context = browser.new_context()
    page = context.new_page()
    page.goto(console)
    type_in(page, "lured", PASSWORD)
    page.wait_for_url(f"{console}/")
    evil = f"""<form method=post action="{console}/sign-out"><button>win</button></form>
        <iframe src="{console}/"></iframe><img src="{console}/me">"""
    page.route("http://evil.example/", lambda route: route.fulfill(body=evil, content_type="text/html"))
    page.goto("http://evil.example/")
    assert page.evaluate("() => document.images[0].naturalWidth") == 0
    assert not page.frames[1].url.startswith(console) or not page.frames[1].locator("main").count()
    with page.expect_response(f"{console}/sign-out") as answer:
        page.get_by_role("button").click()
    assert answer.value.status == 403
    page.goto(f"{console}/me")
    assert page.url == f"{console}/me"
    context.close()
