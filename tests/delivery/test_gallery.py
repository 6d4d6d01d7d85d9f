"""The gallery's pages, over HTTP without a browser: what they show, what they hide, what they carry."""

import base64
import hashlib
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.delivery.stock import stock
from tests.publication.images import family
from wetplate.delivery import caching
from wetplate.delivery.caching import Kind
from wetplate.delivery.edge.vcl import TAGS_PER_OBJECT
from wetplate.delivery.gallery import compose, facts, families, selection, shelf, words
from wetplate.delivery.gallery.pages import Pages
from wetplate.delivery.gallery.routes import STAND_IN, routes
from wetplate.delivery.gallery.selection import Selection
from wetplate.errors import AddressMoved, NotServed
from wetplate.publication import moves
from wetplate.publication.tables import MoveRow
from wetplate.recipes.catalog import family_of, register
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects

LACES = [f"lace {number}" for number in range(50)]
ATTRIBUTES = {"lace": LACES, "sole": ['gum & "co"', "a/b;c=d", "grün", "white"]}
LISTED = {name: tuple(listed) for name, listed in ATTRIBUTES.items()}
#: What the edge and the origin let through.
PLAIN = re.compile(r"(?:/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)+")
TILE = re.compile(r'<a href="/gallery/boots/([0-9a-f]{64})"><picture>')
NEXT = re.compile(r'rel="next" href="([^"]+)"')
PREVIOUS = re.compile(r'rel="prev" href="([^"]+)"')


class Shop:
    """A gallery over a stocked family of 200."""

    def __init__(self, database: Engine) -> None:
        self.database = database
        with transaction(database) as session:
            self.ids = stock(session, MemoryObjects(), "boots", ATTRIBUTES, title='Boots <&> "more"')
            register(session, family("clogs"))
        self.client = TestClient(Starlette(routes=routes(database, "")), follow_redirects=False)

    def page(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text


@pytest.fixture(scope="module")
def shop(module_database: Engine) -> Iterator[Shop]:
    made = Shop(module_database)
    with made.client:
        yield made


# selections


def values(names: str = "abc") -> st.SearchStrategy[dict[str, tuple[str, ...]]]:
    """Attributes with values that are hard to tell apart in an address."""
    text = st.one_of(st.text("aA b-/._%é", max_size=6), st.text(max_size=30))
    listed = st.lists(text, min_size=1, max_size=6, unique=True).map(tuple)
    return st.fixed_dictionaries(dict.fromkeys(names, listed))


@given(values(), st.data(), st.integers(0, 10**9 - 1))
def test_a_selection_has_one_plain_address(
    attributes: dict[str, tuple[str, ...]], data: st.DataObject, start: int
) -> None:
    wanted = {
        name: data.draw(st.one_of(st.none(), st.sampled_from(listed))) for name, listed in attributes.items()
    }
    made = selection.chosen("boots", attributes, wanted, start)
    assert dict(made.only) == {name: value for name, value in wanted.items() if value is not None}
    assert PLAIN.fullmatch(made.path)
    if made.path != "/gallery/boots":
        assert selection.read("boots", attributes, made.path.removeprefix("/gallery/boots/")) == made


def test_values_are_called_by_what_they_say() -> None:
    said = selection.words(("Crisp white", "grün", "GRÜN", "黒", "white/gum"))
    assert list(said.values()) == ["crisp-white", "grun_2", "grun_3", "_4", "white-gum"]


@pytest.mark.parametrize(
    ("rest", "moved"),
    [
        ("b.two/a.one", "a.one/b.two"),
        ("from/0", ""),
        ("from/007", "from/7"),
        ("a.one/a.x-y", "a.x-y"),
        ("a.one/from/0", "a.one"),
    ],
)
def test_another_spelling_is_moved(rest: str, moved: str) -> None:
    with pytest.raises(AddressMoved) as caught:
        selection.read("boots", {"a": ("one", "x/y"), "b": ("two",)}, rest)
    assert caught.value.location == f"/gallery/boots/{moved}".rstrip("/")


@pytest.mark.parametrize(
    "rest",
    [
        *(
            "a.three",
            "c.one",
            "a",
            "a.",
            ".one",
            "a.One",
            "a.one/",
            "from/x",
            "from/-1",
            "from/٣",
            "from/1e3",
        ),
        *("from/9999999999", "from/1/from/2", "from/1/a.one", "a.one/from", "%00", "a.one/" * 5_000),
    ],
)
def test_what_a_family_does_not_have_is_not_there(rest: str) -> None:
    with pytest.raises(NotServed) as caught:
        selection.read("boots", {"a": ("one", "x/y"), "b": ("two",)}, rest)
    assert len(str(caught.value)) < 300


# what is shown


def test_families_with_their_counts(shop: Shop) -> None:
    page = shop.page("/gallery/")
    assert '<p class="lead">2 families</p>' in page
    assert "200 images · lace, sole" in page
    assert "Boots &lt;&amp;&gt; &#34;more&#34;" in page
    assert TILE.findall(page) == shop.ids[:6]
    assert "Nothing of this family is published yet" in page


def test_families_have_pages_too(shop: Shop) -> None:
    with transaction(shop.database) as session:
        one = families.page(session, "", pictures=2, size=1)
        two = families.page(session, one.after or "", pictures=2, size=1)
    assert [each.slug for each in (*one.families, *two.families)] == ["boots", "clogs"]
    assert [image.id for image in one.families[0].images] == shop.ids[:2]
    assert (one.before, two.before, two.after) == (None, "", None)
    assert (one.total, one.families[0].published, two.families[0].published) == (2, 200, 0)
    assert "/gallery/boots" not in shop.page("/gallery/from/clogs")
    assert PREVIOUS.search(shop.page("/gallery/from/clogs"))[1] == "/gallery/"  # type: ignore[index]
    shop.page("/gallery/from/zebras", 404)


def test_nobody_counts_to_the_end(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (shelf, families, words):
        monkeypatch.setattr(module, "MOST", 101)
    assert "more than 100 images published; 96 on this page" in shop.page("/gallery/boots")
    assert "more than 100 images · lace, sole" in shop.page("/gallery/")


def test_every_image_is_on_exactly_one_page_and_pages_lead_back(shop: Shop) -> None:
    path, walked, seen = "/gallery/boots", [], []
    while path:
        page = shop.page(path)
        walked.append(path)
        seen += TILE.findall(page)
        path = found[1] if (found := NEXT.search(page)) else ""
    assert seen == shop.ids
    assert len(walked) == 3
    for before, after in pairwise(walked):
        assert PREVIOUS.search(shop.page(after))[1] == before  # type: ignore[index]


def test_a_page_costs_the_same_queries_however_many_images(shop: Shop) -> None:
    def queries(path: str) -> int:
        count = [0]

        def counted(*_: object) -> None:
            count[0] += 1

        event.listen(shop.database, "before_cursor_execute", counted)
        shop.page(path)
        event.remove(shop.database, "before_cursor_execute", counted)
        return count[0]

    assert queries("/gallery/boots/from/192") == queries("/gallery/boots/from/99") <= 6


def test_links_filter(shop: Shop) -> None:
    page = shop.page("/gallery/boots")
    path = re.search(r'href="([^"]+)">lace 7<', page)[1]  # type: ignore[index]
    some = shop.page(path)
    assert TILE.findall(some) == shop.ids[28:32]
    assert "4 images with lace 7 lace" in some
    for value in ATTRIBUTES["sole"]:
        both = selection.chosen("boots", LISTED, {"lace": "lace 7", "sole": value}).path
        assert both in some
        assert len(TILE.findall(shop.page(both))) == 1
    assert re.search(rf'href="{path}" aria-current="true">lace 7', some)
    assert '<a href="/gallery/boots">any</a>' in some


def test_a_long_list_of_values_ends_and_says_so() -> None:
    attributes = {"tone": tuple(f"tone {number}" for number in range(100)), "sole": ("one",)}
    [tone] = words.filters(attributes, selection.chosen("boots", attributes, {"tone": "tone 99"}))
    assert [choice.text for choice in tone.choices if choice.chosen] == ["tone 99"]
    assert (len(tone.choices), tone.more) == (1 + 60 + 1, 40)


def test_an_image_with_everything_that_may_be_said(shop: Shop) -> None:
    page = shop.page(f"/gallery/boots/{shop.ids[5]}")
    with transaction(shop.database) as session:
        known = shelf.known(session, "boots", shop.ids[5])
    for file in known.image.files:
        assert f"/images/{shop.ids[5]}/{file.name}" in page
        assert f">{file.bytes:,}<" in page
    for told in (
        "families/boots/model",
        "Apache-2.0",
        "no hats",
        "81.2",
        "a judge",
        "inside",
        "Made by a generative",
    ):
        assert told in page
    assert f"{shop.ids[5]}/v1&#34; width={{64}} height={{64}}" in page
    assert f"curl -sI {STAND_IN}/images/{shop.ids[5]}" in page
    assert PREVIOUS.search(page)[1] == f"/gallery/boots/{shop.ids[4]}"  # type: ignore[index]
    assert NEXT.search(page)[1] == f"/gallery/boots/{shop.ids[6]}"  # type: ignore[index]


def test_nothing_private_is_shown(shop: Shop) -> None:
    for path in ("/gallery/", "/gallery/boots", f"/gallery/boots/{shop.ids[0]}"):
        page = shop.page(path)
        assert not [word for word in ("pumpkin", "secret", "987654321", "run-1") if word in page]


# what is not shown


def test_what_is_withdrawn_or_hidden_is_gone_at_once(shop: Shop) -> None:
    gone, legal, hidden = shop.ids[-3:]
    path = "/gallery/boots/from/192"
    assert {gone, legal, hidden} <= set(TILE.findall(shop.page(path)))
    with transaction(shop.database) as session:
        moves.take_down(session, gone, "Erika Complainant", "privacy", "words of Erika")
        moves.take_down(session, legal, "somebody", "court-order")
        moves.unpublish(session, hidden, "somebody")
    assert not {gone, legal, hidden} & set(TILE.findall(shop.page(path)))
    assert "taken down" in shop.page(f"/gallery/boots/{gone}", 410)
    shop.page(f"/gallery/boots/{legal}", 451)
    shop.page(f"/gallery/boots/{hidden}", 404)
    with transaction(shop.database) as session:
        told = session.scalars(select(MoveRow).where(MoveRow.stream == gone)).all()
        assert [said.text for said in facts.moves(told)] == [
            "published → withdrawn: a person or personal data can be recognised"
        ]


def test_what_is_not_there_is_a_page_that_says_so(shop: Shop) -> None:
    for path in ("/gallery/hats", "/gallery/boots/lace.none", f"/gallery/clogs/{shop.ids[0]}"):
        page = shop.page(path, 404)
        assert "<h1>" in page
        assert 'href="/gallery/"' in page


def test_an_image_that_its_family_has_outgrown_keeps_its_page(
    session: Session, objects: MemoryObjects
) -> None:
    [one, _] = stock(session, objects, "boots", {"lace": ["red", "blue"]})
    told = {
        **vars(family().recipe),
        "seed": vars(family().recipe.seed),
        "alt": "{sole} boot",
        "prompt": "a {sole} boot",
    }
    register(session, family("boots", attributes={"sole": ["gum"]}, recipe=told))
    known = family_of(session, "boots")
    pages = Pages(lambda name: f"/client/{name}")
    page = compose.image(session, pages, known, one, STAND_IN, "/client/x.js").html.body.decode()
    assert "<h1>Boots, red lace</h1>" in page
    assert "/gallery/boots/lace" not in page
    assert one not in compose.family(session, pages, known, Selection("boots")).html.body.decode()


def test_an_empty_page_says_what_to_do(shop: Shop) -> None:
    assert "wetplate paint clogs" in shop.page("/gallery/clogs")


def test_there_are_no_more_pages_than_images_to_begin_with(shop: Shop) -> None:
    for path, first in (
        ("/gallery/boots/from/200", "/gallery/boots"),
        ("/gallery/boots/from/999999999", "/gallery/boots"),
        ("/gallery/boots/lace.lace-1/from/8", "/gallery/boots/lace.lace-1"),
        ("/gallery/clogs/from/1", "/gallery/clogs"),
        ("/gallery/from/zz", "/gallery/"),
    ):
        assert f"{first} " in shop.page(path, 404)
    for path, location in (
        ("/gallery/boots/lace.lace-1/from/1", "/gallery/boots/lace.lace-1/from/4"),
        ("/gallery/from/bootl", "/gallery/from/boots"),
        ("/gallery/from/c0", "/gallery/from/clogs"),
    ):
        answer = shop.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (308, location)


def test_another_spelling_is_one_move_away(shop: Shop) -> None:
    for path, location in (
        ("/gallery", "/gallery/"),
        ("/gallery/boots/", "/gallery/boots"),
        ("/gallery/boots/from/0", "/gallery/boots"),
        ("/gallery/boots/sole.white/lace.lace-1", "/gallery/boots/lace.lace-1/sole.white"),
    ):
        answer = shop.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (308, location)


# what pages carry


def test_a_browser_may_load_only_what_is_ours(shop: Shop) -> None:
    for path, status in (("/gallery/", 200), ("/gallery/boots", 200), (f"/gallery/boots/{shop.ids[0]}", 200),
                         ("/gallery/hats", 404)):  # fmt: skip
        answer = shop.client.get(path)
        policy, page = answer.headers["content-security-policy"], answer.text
        assert answer.status_code == status
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
        hashed = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles]
        assert re.findall(r"'sha256-([^']+)'", policy) == hashed
        assert not re.search(r'\sstyle="|\son\w+=|<script(?! type="module" src="/client/)', page)
        assert "http" not in "".join(re.findall(r"<(?:link|script|img|source)[^>]+>", page)).replace(
            "http://www.w3.org", ""
        )


def test_every_file_a_page_loads_is_served_for_good(shop: Shop) -> None:
    page = shop.page("/gallery/boots")
    files = re.findall(r'(?:src|href)="(/client/[^"]+\.(?:js|css))"', page)
    assert len(files) == 2
    for path in files:
        answer = shop.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == caching.headers(Kind.CLIENT)["Cache-Control"]


def test_pictures_wait_unless_they_are_in_sight_and_never_move_the_page(shop: Shop) -> None:
    pictures = re.findall(r"<img[^>]+>", shop.page("/gallery/boots"))
    eager = ['loading="eager" fetchpriority="high"' in each for each in pictures]
    assert eager == [True] * 6 + [False] * 90
    for each in pictures:
        assert re.search(
            r'width="64" height="64" alt="lace \d+ lace|width="64" height="64" alt="boot with', each
        )
        assert re.search(r'class="c-[0-9a-f]{6}" data-thumbhash="[\w+/=]{20,40}"', each)
        assert ('loading="lazy"' in each) == ("eager" not in each)


def test_a_page_is_asked_for_again_and_answered_in_few_bytes(shop: Shop) -> None:
    first = shop.client.get("/gallery/boots")
    assert first.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in first.headers["vary"].lower()
    again = shop.client.get("/gallery/boots", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    head = shop.client.head("/gallery/boots")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])


def test_an_edge_keeps_pages_under_what_they_show(shop: Shop) -> None:
    one = shop.client.get(f"/gallery/boots/{shop.ids[0]}").headers
    assert one["surrogate-key"] == " ".join(caching.tags(shop.ids[0], "boots"))
    assert one["cdn-cache-control"] == caching.headers(Kind.PAGE)["CDN-Cache-Control"]
    for path, tags in (
        ("/gallery/boots", "f-boots m-boots"),
        ("/gallery/boots/from/192", "f-boots m-boots"),
        ("/gallery/clogs", "f-clogs m-clogs"),
        ("/gallery/", "m-boots m-clogs"),
    ):
        listed = shop.client.get(path).headers
        assert (listed["surrogate-key"], listed["cache-tag"]) == (tags, tags.replace(" ", ","))
        assert listed["cdn-cache-control"] == one["cdn-cache-control"]
        assert "max-age=0" in listed["cache-control"]
    assert families.PER_PAGE <= TAGS_PER_OBJECT  # no more does the edge heed
