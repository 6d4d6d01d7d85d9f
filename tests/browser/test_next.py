"""A Next application with our loader, installed from npm, built and started for real (half a minute).

Not run by default: `pytest -n 0 -m node tests/browser/test_next.py`. Needs Node, npm and a registry.
"""

import re
import shutil
from collections.abc import Iterator

import pytest

from bench.delivery.next_loader import build, started
from tests.browser.conftest import CHROMIUM, DEVICES, Open, Shop
from wetplate.delivery import urls
from wetplate.delivery.urls import Auto

pytestmark = [
    pytest.mark.node,
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None or shutil.which("npm") is None, reason="needs Chromium and npm"),
]

#: The widths that each device chooses for 50vw and 20vw.
CHOSEN = {"phone": (640, 256), "tablet": (960, 384), "desktop": (768, 320)}


@pytest.fixture(scope="module")
def next_shop(shop: Shop) -> Iterator[str]:
    with started(build(shop.url), shop.url, "boots") as url:
        yield url


@pytest.mark.parametrize("name", DEVICES)
def test_next_asks_for_offered_widths_only(name: str, shop: Shop, next_shop: str, device: Open) -> None:
    with device(name) as page:
        page.goto(next_shop)
        page.wait_for_function("() => [...document.images].every((img) => img.complete && img.naturalWidth)")
        for id, fit, quality, width in zip(
            ("cropped", "whole"), ("crop", "inside"), ("standard", "high"), CHOSEN[name], strict=True
        ):
            img = page.locator(f"#{id}")
            chosen = img.evaluate("(img) => img.currentSrc")
            address = urls.parse(chosen.removeprefix(shop.url))
            assert isinstance(address, Auto)
            assert (address.shape.width, address.shape.fit, address.shape.quality) == (width, fit, quality)
            for candidate in re.findall(r"(\S+) (\d+)w", img.get_attribute("srcset") or ""):
                offered = urls.parse(candidate[0].removeprefix(shop.url))
                assert isinstance(offered, Auto)
                assert offered.shape.width == int(candidate[1])
