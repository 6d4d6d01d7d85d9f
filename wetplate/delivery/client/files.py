"""Files for browsers under names that carry their hash, so that a browser may keep them for good.

Here: reading and assembling the files once, and their names. Not here: HTTP (`routes`).

Rules:
1. A served script stands alone: `import ... from "./x.js"` lines are replaced by the file they name, so that
   one file can be copied into a shop and nothing else.
2. The name is `<stem>.<first 16 hex of its SHA-256>.<ext>`: another byte, another name.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wetplate.errors import NotServed

HERE = Path(__file__).parent
OFFERED = ("wetplate-loader.js", "wetplate-loader.d.ts", "wetplate-picture.js", "wetplate-picture.d.ts")
MEDIA_TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "ts": "text/plain; charset=utf-8",  # declarations are read by people and by compilers, never run
}
IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
FOLDER = "/client/"


@dataclass(frozen=True)
class BrowserFile:
    """One file as it is served; `name` is what people call it."""

    name: str
    body: bytes

    @cached_property
    def served(self) -> str:
        """The name with the hash in it."""
        stem, ext = self.name.split(".", 1)
        return f"{stem}.{hashlib.sha256(self.body).hexdigest()[:16]}.{ext}"

    @property
    def url(self) -> str:
        """Where it is served."""
        return FOLDER + self.served

    @property
    def media_type(self) -> str:
        """By its last extension."""
        return MEDIA_TYPES[self.name.rsplit(".", 1)[1]]

    @property
    def integrity(self) -> str:
        """For a `<script integrity>` in somebody else's page."""
        return f"sha384-{base64.b64encode(hashlib.sha384(self.body).digest()).decode()}"


class BrowserFiles:
    """The files of one service, by name and by served name."""

    def __init__(self, files: Iterable[BrowserFile]) -> None:
        self._named = {file.name: file for file in files}
        self._served = {file.served: file for file in self._named.values()}

    def __iter__(self) -> Iterator[BrowserFile]:
        return iter(self._named.values())

    def url(self, name: str) -> str:
        """Where the file of this name is served now."""
        return self._named[name].url

    def served(self, name: str) -> BrowserFile:
        """The file under a served name. Raises NotServed."""
        if name not in self._served:
            raise NotServed(f"no client file {name[:80]!r}; {FOLDER} lists the present names")
        return self._served[name]


def read(*paths: Path) -> BrowserFiles:
    """The client's own files, and others besides."""
    return BrowserFiles(
        BrowserFile(path.name, assembled(path).encode())
        for path in (*(HERE / name for name in OFFERED), *paths)
    )


def assembled(path: Path) -> str:
    """The file's text with the scripts it imports in their places, each once, nothing of them exported."""
    return _with_imports(path, set())


def _with_imports(path: Path, done: set[Path]) -> str:
    def inlined(found: re.Match[str]) -> str:
        other = next(folder / found[1] for folder in (path.parent, HERE) if (folder / found[1]).is_file())
        if other in done:
            return ""
        done.add(other)
        return EXPORT.sub("", _with_imports(other, done))

    return IMPORT.sub(inlined, path.read_text(encoding="utf-8"))
