"""Gallery and review console before axe-core, from npm: WCAG 2.2 AA and its best practices, light and dark.

Not run by default: `pytest -n 0 -m node tests/browser/test_accessible.py`. Needs npm and a registry.
"""

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.browser.conftest import CHROMIUM, DEVICES, Open, Shop
from tests.browser.office import Office
from wetplate.review.access import Role

pytestmark = [
    pytest.mark.node,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None or shutil.which("npm") is None, reason="needs Chromium and npm"),
]

RUN = """
async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run({ runOnly: { type: "tag", values: tags } });
  return violations.map(({ id, nodes }) => [id, nodes[0].html]);
}
"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("axe")
    subprocess.run(["npm", "pack", "--silent", "axe-core@4"], cwd=folder, check=True)
    with tarfile.open(next(folder.glob("*.tgz"))) as packed:
        found = packed.extractfile("package/axe.min.js")
        assert found
        return found.read().decode()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", DEVICES)
def test_nothing_is_violated(name: str, scheme: str, axe: str, shop: Shop, device: Open) -> None:
    with device(name, color_scheme=scheme, bypass_csp=True) as page:
        for path in (
            "/gallery/",
            "/gallery/boots",
            "/gallery/boots/lace.red",
            f"/gallery/boots/{shop.images[0]}",
        ):
            page.goto(shop.url + path, wait_until="networkidle")
            page.evaluate(axe)
            assert page.evaluate(RUN) == [], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["phone", "desktop"])
def test_nothing_is_violated_in_the_console(name: str, scheme: str, axe: str, office: Office) -> None:
    made = office.made
    own = [f"/task/{id}" for id in made.tasks.values()]
    images = (f"/image/{made.recipes[6]}", f"/image/{made.image}", f"/notices/{made.notice}")
    with office.somebody(Role.ADMIN, name, quiet=False, color_scheme=scheme, bypass_csp=True) as page:
        for path in (
            *own,
            *images,
            "/",
            "/queue/review",
            "/queue/audit",
            "/notices",
            "/me",
            "/accounts",
            "/x",
        ):
            page.goto(office.url + path, wait_until="networkidle")
            page.evaluate(axe)
            assert page.evaluate(RUN) == [], path
        for task in ("face", "takedown"):
            office.take(page, task)
            for choice in page.locator("[name=decision]").all():
                choice.check(force=True)
                page.evaluate(axe)
                assert page.evaluate(RUN) == [], (task, choice)
