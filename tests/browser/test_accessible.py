"""Gallery, public forms and review console before axe-core: WCAG 2.2 AA and its best practices.

Every page at a narrow and at a wide width, one of them light and the other dark. Not run by default, CI does:
`pytest -n 0 -m slow tests/browser/test_accessible.py`. axe-core comes with the package axe-playwright-python;
where that is not installed, from npm.
"""

import importlib.util
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import CHROMIUM, Open, Shop
from tests.browser.office import Office
from tests.delivery.house import WRAPPING
from tests.review.stage import Stage
from wetplate.moderation import tasks
from wetplate.publication.notices import catalog as notices
from wetplate.publication.notices.locate import Where
from wetplate.review.access import Role
from wetplate.storage.database import transaction

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.xdist_group("shop"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]

LOOKS = [("phone", "dark"), ("desktop", "light")]
SAID = {"reason": "It is my picture.", "name": "A. Nonymous"}
RUN = """
async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run({ runOnly: { type: "tag", values: tags } });
  return violations.map(({ id, nodes }) => [id, nodes[0].html]);
}
"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    packed = importlib.util.find_spec("axe_playwright_python")
    if packed is not None and packed.origin is not None:
        return (Path(packed.origin).parent / "axe.min.js").read_text("utf-8")
    if shutil.which("npm") is None:
        pytest.skip("needs axe-core: pip install axe-playwright-python, or npm")
    folder: Path = tmp_path_factory.mktemp("axe")
    subprocess.run(["npm", "pack", "--silent", "axe-core@4"], cwd=folder, check=True)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        found = archive.extractfile("package/axe.min.js")
        assert found
        return found.read().decode()


def violated(page: Page, axe: str) -> object:
    """What axe finds on the page as it is now."""
    page.evaluate(axe)
    return page.evaluate(RUN)


@pytest.fixture(scope="module")
def receipt(shop: Shop) -> str:
    """The address at which somebody sees what became of their notice."""
    with transaction(shop.database) as session:
        about = {"kind": "dsa", "said": SAID, "where": Where(hashes=(shop.images[0],))}
        filed = notices.file(session, WRAPPING, **about, actor="form", channel="form")  # type: ignore[arg-type]
        return f"/notices/{filed.notice.id}/{filed.token}"


def test_what_is_violated_is_found(axe: str, shop: Shop, device: Open) -> None:
    with device("phone", bypass_csp=True) as page:
        page.goto(f"{shop.url}/verify")
        page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=data:,>')")
        assert "image-alt" in str(violated(page, axe))


@pytest.mark.parametrize(("name", "scheme"), LOOKS)
def test_nothing_is_violated(
    name: str, scheme: str, axe: str, shop: Shop, receipt: str, device: Open
) -> None:
    gallery = ("/gallery/", "/gallery/boots", "/gallery/boots/lace.red", f"/gallery/boots/{shop.images[0]}")
    with device(name, color_scheme=scheme, bypass_csp=True) as page:
        for path in (*gallery, "/verify", "/notices/", receipt):
            page.goto(shop.url + path)
            assert violated(page, axe) == [], path


@pytest.fixture(scope="module")
def unseen(premises: tuple[str, Stage]) -> str:
    """A notice whose picture is in quarantine."""
    made = premises[1]
    with transaction(made.database) as session:
        about = {"kind": "dsa", "said": {**SAID, "minor": True}, "where": Where(hashes=(made.image,))}
        filed = notices.file(session, WRAPPING, **about, actor="form", channel="form")  # type: ignore[arg-type]
        return f"/notices/{filed.notice.id}"


@pytest.mark.parametrize(("name", "scheme"), LOOKS)
def test_nothing_is_violated_in_the_console(
    name: str, scheme: str, axe: str, office: Office, unseen: str
) -> None:
    made = office.made
    own = [f"/task/{id}" for id in made.tasks.values()]
    images = (f"/image/{made.recipes[6]}", f"/image/{made.image}", f"/notices/{made.notice}", unseen)
    lists = ("/", *(f"/queue/{queue}" for queue in tasks.QUEUES), "/notices", "/me", "/accounts", "/x")
    with office.somebody(Role.ADMIN, name, quiet=False, color_scheme=scheme, bypass_csp=True) as page:
        for path in (*own, *images, *lists):
            page.goto(office.url + path)
            assert violated(page, axe) == [], path
        for task in ("face", "takedown"):
            office.take(page, task)
            for choice in page.locator("[name=decision]").all():
                choice.check(force=True)
                assert violated(page, axe) == [], (task, choice)
        page.context.clear_cookies()
        page.goto(office.url + "/sign-in")
        assert violated(page, axe) == [], "/sign-in"
