"""A takedown from the first complaint to the picture's return, as people meet it: in real browsers, through a
real Varnish, a real origin, the real console.

One walk, told in the order it happens; `make walk` records it in pictures. What each station does in every
case is other tests' business.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from tests.browser.conftest import CHROMIUM
from tests.browser.office import DEVICES
from tests.browser.recording import Recorder, recorder
from tests.delivery.conftest import lent
from tests.delivery.edge.conftest import QUICK, TOKEN
from tests.delivery.edge.scripted import Client, Said
from tests.delivery.house import KEY, WRAPPING, House, house
from tests.provenance import outside
from tests.publication import images
from tests.review.people import PASSWORD, add
from tests.review.stage import Stage
from tests.review.stage import running as console
from wetplate.attestation import dsse
from wetplate.audit.sealing import seal
from wetplate.audit.verify import verify
from wetplate.canonical import admission
from wetplate.delivery.edge.varnish import Place, free_port, running
from wetplate.delivery.edge.vcl import Edge
from wetplate.delivery.notices.carrying_out import Done, Reach, carry_out
from wetplate.delivery.purging.outside import asker
from wetplate.delivery.purging.relay import Relay
from wetplate.delivery.purging.varnish import VarnishPurger
from wetplate.derivatives.derive import derive
from wetplate.errors import Blocked
from wetplate.generation import catalog as paintings
from wetplate.generation.fake import RUNTIME, waves
from wetplate.generation.painter import Painting
from wetplate.moderation.judge import Judged
from wetplate.publication import moves, takedown
from wetplate.publication.notices import catalog, evidence
from wetplate.publication.tables import PublicationRow
from wetplate.review.access import Role
from wetplate.settings import serving
from wetplate.similarity import blocklist
from wetplate.storage.cluster import Server
from wetplate.storage.database import transaction
from wetplate.storage.objects import sha256

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.xdist_group("shop"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
    pytest.mark.skipif(shutil.which("varnishd") is None, reason="no varnishd here"),
]
GONE = (404, 410)
FAMILY = "clogs"
COMPLAINT = "The sole shows our registered pattern; we gave nobody a licence."
FACTS = "The pattern on the sole is the registered one."


@dataclass
class Town:
    """Everything there is: a shop behind its edge, the console, browsers, who works there."""

    house: House
    place: Place
    office: str
    browser: Browser
    record: Recorder
    purger: VarnishPurger
    image: str

    @property
    def database(self) -> Engine:
        return self.house.database

    @property
    def edge(self) -> Client:
        return Client(self.place.port)

    def reach(self) -> Reach:
        """What the pipeline carries decisions out with."""
        return Reach(self.database, self.house.objects, (self.purger,), asker(), KEY, self.place.url)

    def stands(self) -> tuple[str, int]:
        with transaction(self.database) as session:
            row = session.get_one(PublicationRow, self.image)
            return row.state, row.version

    def notice(self, id: str) -> str:
        with transaction(self.database) as session:
            return catalog.find(session, id).state

    def page(self) -> Page:
        """A browser of somebody's own."""
        width, height, _ = DEVICES["desktop"]
        page = self.browser.new_context(viewport={"width": width, "height": height}).new_page()
        page.set_default_timeout(5_000)
        return page

    def sign_in(self, name: str) -> Page:
        """A senior at the console, by name and password."""
        add(self.database, Role.SENIOR, name)
        page = self.page()
        page.goto(self.office)
        self.record.shot(page, f"{name} signs in")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{self.office}/")
        return page


@pytest.fixture(scope="module")
def record() -> Iterator[Recorder]:
    """Of the module: a test's own fixtures no longer see what the caller's environment says."""
    made = recorder("A takedown, from the notice to the picture's return")
    yield made
    made.close()


@pytest.fixture
def town(
    postgres_server: Server, browser: Browser, tmp_path_factory: pytest.TempPathFactory, record: Recorder
) -> Iterator[Town]:
    place = Place(tmp_path_factory.mktemp("edge"), free_port())
    with ExitStack() as ended:
        database = ended.enter_context(lent(postgres_server))
        made = ended.enter_context(house(database, public_url=place.url))
        ended.enter_context(running(Edge(made.url, TOKEN), place, serving(), **QUICK))
        desks = Stage(database, made.objects, 64)
        office = ended.enter_context(console(desks, wrapping=WRAPPING, undo_seconds=1))
        purger = VarnishPurger(place.url, TOKEN)
        relay = Relay(database, [purger], poll=0.1)
        relay.start()
        ended.callback(relay.stop)
        yield Town(made, place, office, browser, record, purger, published(made))


def published(made: House) -> str:
    """A picture of a family of its own, as it leaves the pipeline, signed."""
    with transaction(made.database) as session:
        image = images.derived(session, made.objects, 0, FAMILY, outside.ours())
        moves.publish(session, image, "pipeline")
        return image


def test_from_the_notice_to_the_return(town: Town) -> None:
    cached = [town.house.path(format, image=town.image) for format in ("avif", "webp", "jpeg")]
    cached.append(f"/auto/{town.image}/v1/w128")
    signed = town.house.signed(town.image)
    picture = [town.edge.ask(path) for path in cached for _ in range(2)][5].body
    assert [town.edge.ask(path).hit for path in cached] == [True] * 4
    assert town.edge.ask(signed).status == 200

    stranger, receipt = complains(town, town.place.url + cached[2])
    id = receipt.split("/")[-2]
    first = town.sign_in("first")
    withdraws(town, first, id)
    went = max(until(lambda path=path: town.edge.ask(path), GONE) for path in cached)  # type: ignore[misc]
    assert went < 1
    upholds(town, first, id)

    done = carry_out(town.reach(), id, "pipeline")
    assert (done.state, done.left, done.images) == ("notified", "", [town.image])
    assert {town.edge.ask(path).status for path in (*cached, signed)} == {410}
    is_proven(town, first, id, done)
    is_known_as_withdrawn(town, stranger, picture)
    does_not_come_back(town)

    stranger.goto(receipt)
    expect(stranger.get_by_role("definition").filter(has_text="upheld")).to_be_visible()
    town.record.shot(stranger, "The receipt tells the outcome")
    comes_back_by_a_second_person(town, first, id)
    published_anew(town)
    fresh = [town.house.path("jpeg", image=town.image), f"/auto/{town.image}/v2/w128"]
    for path in fresh:
        until(lambda path=path: town.edge.ask(path), (200,))  # type: ignore[misc]
    assert [town.edge.ask(path).status for path in (cached[3], signed)] == [410, 410]


def complains(town: Town, address: str) -> tuple[Page, str]:
    """A stranger fills the public form; the page they get and its address, their receipt."""
    page = town.page()
    page.goto(f"{town.place.url}/notices/")
    town.record.shot(page, "A stranger finds the form")
    page.fill("[name=url]", address)
    page.fill("[name=reason]", COMPLAINT)
    page.fill("[name=name]", "A. Person")
    page.fill("[name=email]", "a@example.org")
    page.check("[name=good_faith]")
    town.record.shot(page, "and says which picture, and why")
    page.get_by_role("button", name="Send the notice").click()
    page.get_by_role("heading", name="Your notice").wait_for()
    assert page.url.startswith(f"{town.place.url}/notices/")
    town.record.shot(page, "The receipt is an address that nobody else has")
    return page, page.url


def withdraws(town: Town, page: Page, id: str) -> None:
    """A senior takes it from the queue and gets the picture out of sight while it is decided."""
    town.record.shot(page, "A senior sees what waits")
    page.goto(f"{town.office}/queue/takedown")
    town.record.shot(page, "the queue of takedowns")
    page.get_by_role("button", name="Take next").click()
    expect(page.get_by_text(COMPLAINT)).to_be_visible()
    assert "a@example.org" not in page.content()
    town.record.shot(page, "and takes it")
    page.goto(f"{town.office}/notices/{id}")
    town.record.shot(page, "Every step of the notice")
    page.get_by_role("button", name="Withdraw for now").click()
    expect(page.get_by_text("withdrawn", exact=True).first).to_be_visible()
    assert town.stands() == ("hidden", 1)
    town.record.shot(page, "Withdrawn for now: no address answers")


def upholds(town: Town, page: Page, id: str) -> None:
    """The decision, with its reason; it counts when it can be undone no more."""
    page.goto(f"{town.office}/queue/takedown")
    page.goto(f"{town.office}/")
    page.get_by_role("button", name="Take next of").first.click()
    page.check("[name=decision][value=uphold]", force=True)
    page.check("[name=reason-uphold][value=trademark]")
    page.fill("[name=note]", FACTS)
    town.record.shot(page, "The decision has a reason of a closed list")
    page.get_by_role("button", name="Record the decision").click()
    page.locator("[data-undo]").wait_for()
    town.record.shot(page, "and can be undone for a moment")
    wait(lambda: town.notice(id) == "decided")


def is_proven(town: Town, page: Page, id: str, done: Done) -> None:
    """A signed index names everything that was kept; the trail is sealed, and whole."""
    with transaction(town.database) as session:
        kept = dict(evidence.bundle(session, town.house.objects, id))
    body = dsse.opened([KEY], json.loads(kept.pop("index.dsse.json")), payload_type=evidence.PAYLOAD)
    assert kept.pop("index.json") == body
    named = {entry["name"]: entry["sha256"] for entry in json.loads(body)["objects"]}
    assert {name: sha256(each) for name, each in kept.items()} == named
    assert f"{town.image}/canonical.png" in named
    assert done.kept >= 3
    seal(town.database, town.house.objects, KEY)
    with transaction(town.database) as session:
        report = verify(session, town.house.objects, [KEY])
    assert report.whole
    assert {"notice_events", "moves", "decisions"} <= report.rows.keys()
    page.goto(f"{town.office}/notices/{id}")
    expect(page.get_by_text(evidence.SIGNED, exact=True)).to_be_visible()
    town.record.shot(page, "Executed, verified from outside, evidence under a signed index")


def is_known_as_withdrawn(town: Town, page: Page, picture: bytes) -> None:
    """Whoever still has the file is told whose it was."""
    page.goto(f"{town.place.url}/verify")
    page.set_input_files("[name=file]", {"name": "kept.jpg", "mimeType": "image/jpeg", "buffer": picture})
    page.locator("main form button").click()
    expect(page.get_by_role("heading", name="It is ours")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("It was withdrawn")
    town.record.shot(page, "Whoever kept the file is told that it is ours, and withdrawn")


def does_not_come_back(town: Town) -> None:
    """Neither is the recipe painted again, nor the same pixels admitted under another one."""
    made, other = images.recipe(0, FAMILY), images.recipe(1, FAMILY)
    pixels = waves(made.id, made.width, made.height)
    with transaction(town.database) as session:
        assert made.id not in {each.id for each in paintings.unpainted(session, FAMILY)}
        with pytest.raises(Blocked, match=r"recipe .* was taken down"):
            blocklist.require_unblocked(session, recipe_id=made.id)
        runtime = replace(RUNTIME, painter="diffusers")
        row = paintings.keep(
            session, town.house.objects, Painting(other, pixels, runtime, {}, 0.5), run_id="run-2"
        )
        images.verdict(session, other.id, row.sha256, "approve")
        assert admission.unadmitted(session, FAMILY) == []
        with pytest.raises(Blocked, match="was taken down"):
            admission.admit(session, town.house.objects, _judged(other.id, row.sha256))


def _judged(recipe_id: str, object_sha256: str) -> Judged:
    return Judged(
        recipe_id, object_sha256, verdict="approve", reasons=(), signals=(), policy="", policy_sha256=""
    )


def comes_back_by_a_second_person(town: Town, first: Page, id: str) -> None:
    """An appeal is not decided by whoever decided; somebody else may reverse it."""
    first.goto(f"{town.office}/notices/{id}")
    step(first, "appeal", "The licence was found: it is of last year.")
    town.record.shot(first, "An appeal")
    step(first, "reverse", "I was wrong.")
    expect(first.get_by_role("alert")).to_contain_text("does not decide the appeal")
    town.record.shot(first, "is not decided by whoever decided")
    assert town.stands() == ("withdrawn", 2)
    second = town.sign_in("second")
    second.goto(f"{town.office}/notices/{id}")
    step(second, "reverse", "The licence covers the picture.")
    expect(second.get_by_text("reinstated", exact=False).first).to_be_visible()
    town.record.shot(second, "but by a second person")
    assert town.stands() == ("draft", 2)
    drafts = [f"/auto/{town.image}/v{version}/w128" for version in (1, 2)]
    assert {town.edge.ask(path).status for path in drafts} <= {*GONE}


def published_anew(town: Town) -> None:
    """What the family's next run does."""
    with transaction(town.database) as session:
        takedown.acknowledge(session, town.image)
        derive(session, town.house.objects, outside.ours(), town.image, images.FIXED)
        moves.publish(session, town.image, "pipeline")
    assert town.stands() == ("published", 2)


def step(page: Page, name: str, words: str) -> None:
    """Take a step of a notice that asks for words."""
    form = page.locator("details", has=page.locator(f"form[action$='/{name}']"))
    form.locator("summary").click()
    form.locator("textarea").fill(words)
    form.locator("button").click()
    page.wait_for_load_state()


def until(ask: Callable[[], Said], statuses: tuple[int, ...]) -> float:
    """Seconds until the answer has one of these statuses."""
    began = time.monotonic()
    wait(lambda: ask().status in statuses)
    return time.monotonic() - began


def wait(happened: Callable[[], bool], seconds: float = 5) -> None:
    """Until it has happened."""
    began = time.monotonic()
    while not happened():
        assert time.monotonic() - began < seconds
        time.sleep(0.005)
