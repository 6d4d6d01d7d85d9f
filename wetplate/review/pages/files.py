"""The console's style, script and icon under names that carry their hash, so that browsers may keep them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wetplate.errors import ImageUnknown

HERE = Path(__file__).parent / "static"
FOLDER = "/static/"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class File:
    """One file as it is served."""

    name: str
    body: bytes
    media_type: str


class Files:
    """What lies in `static/`, read once."""

    def __init__(self) -> None:
        self._files = {path.name: _file(path) for path in sorted(HERE.iterdir())}
        self._served = {file.name: file for file in self._files.values()}

    def url(self, name: str) -> str:
        """Where the file of this name is served now."""
        return FOLDER + self._files[name].name

    def route(self) -> Route:
        """GET of any of them, by served name."""

        def one(request: Request) -> Response:
            name = request.path_params["name"]
            if name not in self._served:
                raise ImageUnknown(f"no file {name[:80]!r} belongs to this console; load the page again")
            file = self._served[name]
            return Response(file.body, media_type=file.media_type, headers={"Cache-Control": FOR_GOOD})

        return Route(FOLDER + "{name}", one)


def _file(path: Path) -> File:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:16]
    return File(f"{path.stem}.{digest}{path.suffix}", body, MEDIA_TYPES[path.suffix])
