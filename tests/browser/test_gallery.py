"""The gallery in a real browser: which file each width chose, nothing moves, nothing is complained of."""

import re

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import CHROMIUM, DEVICES, MOVED, Open, Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("shop"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]

# A tile: 173 px at 3, 174 px at 2, 213 px at 1. The stage: 326 px at 3; 640 px, which is all there is.
TILE = {"phone": 640, "tablet": 640, "desktop": 320}
NAME = re.compile(r"/[0-9a-f]{16}-(\d+)\.(\w+)\Z")
PROBE = """
(img) => {
  const said = img.sizes.split(/,(?![^(]*\\))/).map((each) => each.trim());
  const media = /^(\\(min-width: \\d+px\\)) (.*)/;
  const width = said.map((each) => media.exec(each) ?? [each, "all", each])
    .find(([, query]) => matchMedia(query).matches)[2];
  const probe = document.createElement("div");
  probe.style.cssText = `position: fixed; width: ${width}`;
  document.body.append(probe);
  const stated = probe.getBoundingClientRect().width;
  probe.remove();
  return [stated, img.getBoundingClientRect().width];
}
"""


def arrived(page: Page) -> list[str]:
    """Wait for every picture, those below the fold too; gives the files that were chosen."""
    page.evaluate("() => { for (const img of document.images) img.loading = 'eager' }")
    page.wait_for_function("() => [...document.images].every((img) => img.complete && img.naturalWidth)")
    assert page.evaluate("() => window.moved") == 0
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    chosen: list[str] = page.evaluate("() => [...document.images].map((img) => img.currentSrc)")
    return chosen


def honest(page: Page, selector: str) -> None:
    """`sizes` states what the style sheet gives."""
    stated, shown = page.evaluate(PROBE, page.locator(selector).first.element_handle())
    assert abs(stated - shown) < 1


def ends(url: str) -> tuple[int, str]:
    found = NAME.search(url)
    assert found
    return int(found[1]), found[2]


@pytest.mark.parametrize("name", DEVICES)
def test_each_device_chooses_the_file_that_fits(name: str, shop: Shop, device: Open) -> None:
    with device(name) as page:
        page.add_init_script(MOVED)
        page.goto(f"{shop.url}/gallery/boots")
        assert [ends(url) for url in arrived(page)] == [(TILE[name], "avif")] * 12
        honest(page, ".tile img")
        page.locator(".tile a").nth(3).click()
        page.locator("[data-headers] dt", has_text="etag").wait_for()
        [chosen] = arrived(page)
        assert ends(chosen) == (640, "avif")
        honest(page, ".stage img")
        assert page.locator("tr[aria-current]").get_attribute("data-path") == chosen.removeprefix(shop.url)
        names, values = (page.locator(f"[data-headers] {tag}").all_inner_texts() for tag in ("dt", "dd"))
        told = dict(zip(names, values, strict=True))
        assert told["content-type"] == "image/avif"
        assert "max-age=60" in told["cache-control"]
        assert "max-age=86400" in told["cdn-cache-control"]
        assert told["cache-status"]
        assert f"curl -sI {shop.url}/images/" in page.locator("pre").last.inner_text()


def test_a_placeholder_stands_until_the_picture_comes(shop: Shop, device: Open) -> None:
    held: list[Route] = []
    with device("desktop") as page:
        page.route("**/images/**", lambda route: held.append(route))
        page.goto(f"{shop.url}/gallery/boots", wait_until="domcontentloaded")
        page.wait_for_function("() => document.images[0].style.backgroundImage.includes('data:image/png')")
        left, right = page.evaluate(BORDERS)
        assert left[0] > left[2] + 60
        assert right[2] > right[0] + 60
        assert page.evaluate("() => document.images[0].naturalWidth") == 0
        while held:
            held.pop().continue_()
        page.wait_for_function("() => document.images[0].style.backgroundImage === 'none'")


#: The colours at the left and right border of the first picture's placeholder.
BORDERS = """
async () => {
  const src = document.images[0].style.backgroundImage.slice(5, -2);
  const img = Object.assign(new Image(), { src });
  await img.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: img.width, height: img.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(img, 0, 0);
  return [0, img.width - 1].map((x) => [...context.getImageData(x, img.height >> 1, 1, 1).data]);
}
"""


def test_without_script_and_mouse_it_works(shop: Shop, device: Open) -> None:
    with device("desktop", java_script_enabled=False, color_scheme="dark") as page:
        page.goto(f"{shop.url}/gallery/boots")
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Skip to the pictures"
        page.get_by_role("link", name="black", exact=True).focus()
        page.keyboard.press("Enter")
        assert page.get_by_role("status").inner_text() == "2 images with black lace"
        page.get_by_role("link", name="boot with black lace and gum sole").focus()
        page.keyboard.press("Enter")
        assert page.locator("noscript pre").inner_text().startswith("curl -sI ")
        assert page.get_by_role("heading", level=1).inner_text() == "Boot with black lace and gum sole"
