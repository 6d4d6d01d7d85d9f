"""The review console in a real browser: two people at once, keys, no script, quarantine, hostile text."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import CHROMIUM
from tests.browser.office import SIDE, Office
from tests.review.stage import HOSTILE
from wetplate.moderation.tables import TaskRow
from wetplate.review import accesses, decisions
from wetplate.review.access import Role
from wetplate.storage.database import now, transaction

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("shop"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]


def test_two_people_never_get_the_same_and_the_second_decision_is_refused(office: Office) -> None:
    with office.somebody() as one, office.somebody(quiet=False) as two:
        for page in (one, two):
            page.goto(office.url)
            page.get_by_role("button", name="Take next of To review").click()
        assert one.url != two.url
        two.goto(one.url)
        assert "Somebody else has it until" in two.locator(".panel").inner_text()
        assert two.locator("[data-decide]").count() == 0
        one.keyboard.press("r")
        one.keyboard.press("1")
        form = {"lease": one.locator("[name=lease]").first.input_value(), "csrf": token(two)}
        said = {"decision": "reject", "reason-reject": "ip/logo"}
        answer = two.request.post(f"{one.url}/decide", form={**form, **said}, headers={"origin": office.url})
        assert answer.status == 409
        first = one.url
        one.keyboard.press("Enter")
        one.wait_for_url(lambda url: url != first)
        with transaction(office.made.database) as session:
            assert len([task for task in session.query(TaskRow) if task.proposed]) == 1


def token(page: Page) -> str:
    return page.locator("[name=csrf]").first.input_value()


def test_a_hold_that_ran_out_is_refused_politely_and_taken_again(office: Office) -> None:
    with office.somebody(quiet=False) as page:
        office.take(page, "plain")
        page.locator("#note").fill("a note that took minutes")
        page.keyboard.press("Tab")
        page.keyboard.press("e")
        page.keyboard.press("1")
        office.change("plain", leased_until=now())
        page.get_by_role("button", name="Record the decision").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Not yours any more"
        assert "a note that took minutes" in page.inner_text("main")
        page.keyboard.press("n")
        page.locator("[data-decide]").wait_for()
        assert office.task("plain").proposed is None


def test_everything_by_keys(office: Office) -> None:
    with office.somebody() as page:
        page.goto(office.url)
        page.keyboard.press("n")
        page.locator("[data-decide]").wait_for()
        page.wait_for_load_state()
        first = page.url
        assert page.locator("[data-held]").inner_text() == "Yours for 10 min"
        _help(page)
        for key, box in (("b", "#blur"), ("g", "#grey")):
            before = page.locator(box).is_checked()
            page.keyboard.press(key)
            assert page.locator(box).is_checked() is not before
        _zoom(page)
        page.locator("#note").fill("arrest")  # letters are text here
        assert page.locator("[name=decision]:checked").count() == 0
        page.locator("h1").click()
        page.keyboard.press("a")
        assert page.evaluate("() => document.activeElement.name") == "reason-approve"
        page.keyboard.press("2")
        assert page.locator("[name=reason-approve]:checked").get_attribute("value") == "false-alarm"
        page.keyboard.press("Enter")
        page.locator("[data-undo]").wait_for()
        assert page.url != first
        assert "Approved" in page.locator("[data-undo]").inner_text()
        page.keyboard.press("z")
        page.wait_for_url(first)
        page.keyboard.press("s")
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: url != first)


def _help(page: Page) -> None:
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("() => Boolean(document.activeElement.closest('dialog, body'))")
    assert page.evaluate("() => !document.activeElement.closest('main')")
    page.keyboard.press("a")
    assert page.locator("[name=decision]:checked").count() == 0
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()


def _zoom(page: Page) -> None:
    width = "() => document.querySelector('.canvas img').getBoundingClientRect().width"
    fits = page.evaluate(width)
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert page.evaluate(width) > fits
    page.keyboard.press("0")
    assert page.evaluate(width) == fits


def test_by_tab_alone_the_focus_is_seen_everywhere(office: Office) -> None:
    with office.somebody() as page:
        office.take(page, "face")
        page.keyboard.press("d")
        page.evaluate("() => document.activeElement.blur()")
        seen = set()
        for _ in range(45):
            page.keyboard.press("Tab")
            what, visible = page.evaluate(FOCUS)
            assert visible, what
            seen.add(what)
        wanted = {"a", "button", "summary", "textarea", "input:checkbox", "input:radio"}
        assert wanted <= seen


#: What has the focus, and whether it, or what stands for it, is outlined.
FOCUS = """
() => {
  const focused = document.activeElement;
  const shown = focused.closest(".tool, .decision") ?? focused;
  const outlined = [shown, focused].some((each) => getComputedStyle(each).outlineStyle !== "none");
  const name = focused.localName + (focused.type && focused.localName === "input" ? ":" + focused.type : "");
  return [name, outlined || focused === document.body];
}
"""


def test_without_script_a_decision_is_made_and_undone(office: Office) -> None:
    with office.somebody(quiet=False, java_script_enabled=False, device="phone") as page:
        page.goto(office.url)
        page.get_by_role("button", name="Take next of To review").click()
        first = page.url
        reject = page.locator("[data-of=reject]")
        assert not reject.is_visible()
        page.locator("[value=reject]").check(force=True)
        assert reject.is_visible()
        page.get_by_role("button", name="Record the decision").click()
        assert "Choose a reason to reject." in page.get_by_role("alert").inner_text()
        page.locator("[name=reason-reject][value='ip/logo']").check()
        page.get_by_role("button", name="Record the decision").click()
        assert page.url != first
        page.get_by_role("button", name="Undo").click()
        assert page.url == first
        page.get_by_role("button", name="Put it back").click()
        assert page.url.endswith("/queue/review")


def test_what_is_not_undone_counts(office: Office) -> None:
    with office.somebody() as page:
        office.take(page, "late")
        page.keyboard.press("a")
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.locator("[data-undo]").wait_for()
        office.change("late", commit_at=now())
        page.goto(f"{office.url}/task/{office.made.tasks['late']}")
        page.get_by_role("heading", name="Nothing waits here any more").wait_for()
        with transaction(office.made.database) as session:
            [row] = decisions.of(session, office.made.recipes[7])
            assert (row.decision, row.reason) == ("approve", "looks-right")


def test_quarantine_asks_for_no_picture_until_somebody_said_why(office: Office) -> None:
    with office.somebody(Role.SENIOR) as page:
        asked = list[str]()
        page.on("request", lambda request: asked.append(request.url) if "/pixels/" in request.url else None)
        page.goto(f"{office.url}/queue/escalated")
        page.goto(f"{office.url}/task/{office.made.tasks['sealed']}", wait_until="networkidle")
        assert page.locator("main img").count() == 0
        assert asked == []
        page.get_by_label("Why do you need to see it?").fill("A report came in by telephone")
        page.get_by_role("button", name="Show the picture to me").click()
        page.wait_for_function("() => document.querySelector('.canvas img')?.naturalWidth === 128")
        assert page.locator("#blur").is_checked()
        with transaction(office.made.database) as session:
            assert [row.what for row in accesses.of(session, office.made.recipes[3])] == ["pixels"]


def test_a_box_is_drawn_over_the_picture(office: Office) -> None:
    with office.somebody() as page:
        office.take(page, "face")
        page.keyboard.press("d")
        page.get_by_role("button", name="Draw a box").click()
        shown = page.locator(".canvas img").bounding_box()
        assert shown
        scale = shown["width"] / SIDE
        page.locator(".canvas img").scroll_into_view_if_needed()
        shown = page.locator(".canvas img").bounding_box()
        assert shown
        page.mouse.move(shown["x"] + 10 * scale, shown["y"] + 20 * scale)
        page.mouse.down()
        page.mouse.move(shown["x"] + 40 * scale, shown["y"] + 50 * scale, steps=3)
        page.mouse.up()
        for side, wanted in {"x": 10, "y": 20, "width": 30, "height": 30}.items():
            assert abs(int(page.locator(f"[name=box-0-{side}]").input_value()) - wanted) <= 1
        assert page.locator(".boxes .drawn").count() == 2


def test_hostile_text_stays_text(office: Office) -> None:
    with office.somebody(Role.SENIOR) as page:
        page.add_init_script("addEventListener('securitypolicyviolation', () => (window.violated = true))")
        paths = [f"/task/{office.made.tasks[name]}" for name in ("plain", "takedown")]
        for path in (*paths, f"/notices/{office.made.notice}", f"/image/{office.made.image}"):
            page.goto(office.url + path)
            assert page.title() != "owned"
            assert page.evaluate("() => window.violated") is None
            assert page.locator("main script, main img[src=x]").count() == 0
        page.goto(f"{office.url}/task/{office.made.tasks['plain']}")
        assert HOSTILE in page.locator(".prompt").first.inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_nothing_is_cut_off(device: str, office: Office) -> None:
    with office.somebody(Role.ADMIN, device) as page:
        own = [f"/task/{office.made.tasks[name]}" for name in ("face", "sealed", "takedown")]
        rest = ("/", "/queue/review", "/notices", f"/notices/{office.made.notice}", "/me", "/accounts")
        for path in (*own, *rest, f"/image/{office.made.image}"):
            page.goto(office.url + path, wait_until="domcontentloaded")
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), path
