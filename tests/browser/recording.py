"""A walk in pictures, if somebody wants to look: numbered PNGs at two widths, and a page that shows them.

`WETPLATE_RECORD_WALK=<folder>` (`make walk`) asks for it; without, nothing is drawn and nothing is written.
"""

import os
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.office import DEVICES

FOLDER = "WETPLATE_RECORD_WALK"
WIDTHS = ("phone", "desktop")
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:1rem/1.5 system-ui;margin:2rem;max-width:90rem}}
section{{display:flex;gap:1rem;align-items:start}}
img{{border:1px solid #999;max-width:100%}}figure{{margin:0;flex:3}}figure:first-child{{flex:1}}</style>
<h1>{title}</h1>{steps}</html>
"""


@dataclass
class Recorder:
    """Draws what a page shows, as phone and desktop have it, into `folder`; with None it does nothing."""

    folder: Path | None
    title: str
    steps: list[tuple[str, list[str]]] = field(default_factory=list)

    def shot(self, page: Page, said: str) -> None:
        """One step: the page as it stands now, and what has just happened."""
        if self.folder is None:
            return
        number, names = len(self.steps) + 1, []
        for device in WIDTHS:
            width, height, _ = DEVICES[device]
            page.set_viewport_size({"width": width, "height": height})
            names.append(f"{number:02}-{device}.png")
            page.screenshot(path=self.folder / names[-1], full_page=True)
        self.steps.append((said, names))

    def close(self) -> None:
        """Write the page."""
        if self.folder is None:
            return
        shown = "".join(
            f"<h2>{number}. {escape(said)}</h2><section>{''.join(map(_figure, names))}</section>"
            for number, (said, names) in enumerate(self.steps, 1)
        )
        (self.folder / "index.html").write_text(PAGE.format(title=escape(self.title), steps=shown))


def recorder(title: str) -> Recorder:
    """One that does what the environment says."""
    folder = Path(os.environ[FOLDER]) if os.environ.get(FOLDER) else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return Recorder(folder, title)


def _figure(name: str) -> str:
    return f'<figure><img src="{name}" alt="" loading="lazy"></figure>'
