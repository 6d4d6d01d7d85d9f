"""The doors: how delivery and the console are started beside Dagster in `make dev`, and used in `make demo`.

Here: command lines, addresses, the console's first account, one request as a stranger makes it. Not here: the
servers themselves (`wetplate serve`, `wetplate edge`, `wetplate review serve`).

An edge stands in front where its program is installed; without one the gallery is the origin's own.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from sqlalchemy import Engine

from wetplate.delivery.edge.varnish import free_port
from wetplate.errors import DeliveryError
from wetplate.retention import personal
from wetplate.review import accounts, passwords
from wetplate.review.access import Role
from wetplate.settings import ROOT, Reviewing, Serving, Settings
from wetplate.storage.database import transaction

HERE = Path(sys.executable).parent
PATIENCE = 180.0  # a machine that is busy otherwise takes a minute to start the origin
ENDING = 60.0
FIRST = "admin"  # the name under which the first account signs in
TOLD = ("content-type", "content-length", "etag", "cache-control", "cdn-cache-control", "cache-status")


def edged(how: Serving) -> bool:
    """Whether an edge can be started here."""
    return shutil.which(how.varnishd) is not None


def gallery(how: Serving) -> str:
    """Where a person opens the gallery."""
    return f"{how.edge_url if edged(how) else how.origin_url}/gallery/"


def purgers(how: Serving) -> str:
    """The caches that must forget: those that are configured, else the edge that is started here."""
    return how.purgers or (f"varnish={how.edge_url}" if edged(how) else "")


def lines(how: Serving) -> list[list[str]]:
    """The command lines of the origin and, where it is installed, of the edge."""
    origin = [str(HERE / "wetplate"), "serve", "--port", str(_port(how.origin_url))]
    edge = [str(HERE / "wetplate"), "edge", "--port", str(_port(how.edge_url)), "--origin", how.origin_url]
    return [origin, edge] if edged(how) else [origin]


def console(how: Reviewing) -> list[str]:
    """The command line of the review console."""
    return [str(HERE / "wetplate"), "review", "serve", "--port", str(_port(how.url))]


def first_account(database: Engine, how: Reviewing, now: Settings) -> str:
    """How somebody gets into a console that nobody can enter yet; "" once somebody can.

    Makes an admin with a password that stands nowhere else; not where an identity provider says who comes in.
    """
    with transaction(database) as session:
        if how.oidc_issuer or accounts.listed(session):
            return ""
        password = passwords.generated()
        kept = personal.wrapping(how, now.var)
        accounts.add(session, FIRST, Role.ADMIN, password, actor="make dev", wrapping=kept)
    return f"sign in as [bold]{FIRST}[/bold], password [bold]{password}[/bold] (shown this once)"


@dataclass(frozen=True)
class Look:
    """What came for one picture."""

    path: str
    status: int
    bytes: int
    headers: dict[str, str]

    @property
    def text(self) -> str:
        """As lines for a terminal."""
        told = "\n".join(f"  {name}: {self.headers[name]}" for name in TOLD if name in self.headers)
        return f"GET {self.path}\n  {self.status}, {self.bytes:,} bytes\n{told}"


@contextmanager
def opened() -> Iterator[str]:
    """An origin on a free port for as long as the block lasts; gives its URL. Raises DeliveryError."""
    port = free_port()
    process = subprocess.Popen([str(HERE / "wetplate"), "serve", "--port", str(port)], cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        wait(process, url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=ENDING)


def wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    """Return once the origin of this process is ready. Raises DeliveryError, which says what is not."""
    began = time.monotonic()
    while True:
        try:
            _get(f"{url}/readyz")
            return
        except DeliveryError as error:
            if process.poll() is not None or time.monotonic() - began > PATIENCE:
                raise DeliveryError(
                    f"the origin did not start: {error}; `wetplate serve` says why"
                ) from error
        time.sleep(0.1)


def look(url: str, family: str) -> Look | None:
    """The first picture of a family as a stranger gets it; None where nothing is published.

    Raises DeliveryError when the origin refuses or does not answer.
    """
    images = json.loads(_get(f"{url}/manifest/{family}.json")[2])["images"]
    if not images:
        return None
    widest = images[0]["sources"][0]["srcset"].split(", ")[-1].split(" ")[0]
    path = urlsplit(widest).path
    status, headers, body = _get(url + path)
    return Look(path, status, len(body), headers)


def _get(url: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urlopen(url, timeout=10) as answer:
            return answer.status, {name.lower(): said for name, said in answer.headers.items()}, answer.read()
    except HTTPError as error:
        raise DeliveryError(f"{url}: {error}{_failing(error.read())}") from error
    except (URLError, OSError) as error:
        raise DeliveryError(f"{url}: {error}") from error


def _failing(body: bytes) -> str:
    """Of an answer of `/readyz`, which checks say no, and why; "" of any other."""
    try:
        checks = json.loads(body)["checks"]
        return "".join(f"; {name}: {each['says']}" for name, each in checks.items() if not each["ok"])
    except (ValueError, KeyError, TypeError):
        return ""


def _port(url: str) -> int:
    return urlsplit(url).port or 80
