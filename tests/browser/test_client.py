"""The `<picture>` helper and the custom element in a page of another origin, as a shop uses them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.browser.conftest import CHROMIUM, DEVICES, MOVED, Open, Shop
from tests.delivery.house import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("shop"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]

#: What each device chooses among 128, 192, 320 and 640 for a picture of this share of its width.
CHOSEN = {
    "phone": {8: 128, 12: 192, 20: 320, 50: 640},
    "tablet": {8: 192, 12: 320, 20: 640, 50: 640},
    "desktop": {8: 128, 12: 192, 20: 320, 50: 640},
}
PAGE = """<!doctype html><title>A shop</title><link rel="icon" href="data:,">
<style>body { margin: 0 } img { display: block; width: 100%; height: auto }</style>"""
BUILD = """
async ([host, image, shares]) => {
  const names = await (await fetch(`${host}/client/`)).json();
  const { find, picture } = await import(host + names["wetplate-picture.js"].url);
  const entry = await find(`${host}/manifest/boots.json`, image);
  const built = shares.map((share) => {
    const place = document.createElement("div");
    place.style.width = `${share}vw`;
    const made = picture(entry, { sizes: `${share}vw`, lazy: false, base: host, alt: 'a "boot"' });
    place.append(made);
    document.body.append(place);
    return made.lastElementChild;
  });
  const behind = () => built.map((img) => img.style.backgroundImage);
  const held = behind().map((image, i) => image.startsWith('url("data:image/png') && !built[i].naturalWidth);
  await Promise.all(built.map((img) => img.decode()));
  const shown = built.map((img) => img.getBoundingClientRect()).map(({ width, height }) => [width, height]);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return { held, shown, chosen: built.map((img) => img.currentSrc), alt: built[0]?.alt, moved: window.moved,
    left: behind() };
}
"""
ELEMENT = """
async ([host, image, lost]) => {
  const [shown, missing] = [0, 1].map(() => document.createElement("wetplate-image"));
  for (const [element, id] of [[shown, image], [missing, lost]]) {
    const manifest = `${host}/manifest/boots.json`;
    const said = { manifest, image: id, sizes: "50vw", width: 320, height: 320 };
    for (const [name, value] of Object.entries(said)) element.setAttribute(name, value);
  }
  const refused = new Promise((done) => missing.addEventListener("error", (event) => done(event.message)));
  const drawn = new Promise((done) => new MutationObserver(done).observe(shown, { childList: true }));
  document.body.prepend(shown, missing);
  const before = shown.getBoundingClientRect().height;
  await drawn;
  await shown.querySelector("img").decode();
  return { before, after: shown.getBoundingClientRect().height, refused: await refused, moved: window.moved };
}
"""


@pytest.fixture(scope="module")
def page_of_a_shop() -> Iterator[str]:
    """A page on an origin of its own."""

    async def page(request: Request) -> Response:
        return HTMLResponse(PAGE)

    with served(Starlette(routes=[Route("/", page)])) as url:
        yield url


@pytest.mark.parametrize("name", DEVICES)
def test_each_device_chooses_the_file_that_fits(
    name: str, shop: Shop, page_of_a_shop: str, device: Open
) -> None:
    with device(name) as page:
        page.add_init_script(MOVED)
        page.goto(page_of_a_shop)
        shares = list(CHOSEN[name])
        said: dict[str, Any] = page.evaluate(BUILD, [shop.url, shop.images[0], shares])
        for share, url in zip(shares, said["chosen"], strict=True):
            wanted = rf"{shop.url}/images/{shop.images[0]}/[0-9a-f]{{16}}-{CHOSEN[name][share]}\.avif"
            assert re.fullmatch(wanted, url), f"{share}vw"
        assert said["held"] == [True] * 4
        assert said["left"] == ["none"] * 4
        assert said["moved"] == 0
        assert said["alt"] == 'a "boot"'
        for share, (width, height) in zip(shares, said["shown"], strict=True):
            assert width == height == pytest.approx(DEVICES[name][0] * share / 100, abs=0.1)


def test_the_element_keeps_its_place_and_says_what_is_lost(
    shop: Shop, page_of_a_shop: str, device: Open
) -> None:
    with device("desktop") as page:
        page.add_init_script(MOVED)
        page.goto(page_of_a_shop)
        page.evaluate(BUILD, [shop.url, shop.images[0], []])
        said = page.evaluate(ELEMENT, [shop.url, shop.images[1], "f" * 64])
        assert (said["before"], said["after"], said["moved"]) == (320, 320, 0)
        assert "may have been taken down" in said["refused"]
