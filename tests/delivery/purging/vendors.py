"""CDNs on this machine: each checks a request as its documentation says, forgets, and records what it got."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from wetplate.delivery.purging.memory import MemoryCache

KEY = "secret-key"
Answer = tuple[int, str]


def recorded(vendor: str) -> dict[str, Any]:
    """The request a vendor documents, with its answer."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "requests" / f"{vendor}.json").read_text())
    return found


@dataclass
class Vendor:
    """What stands behind the API; `most` is how many tags it takes at a time."""

    read: Callable[["Vendor", dict[str, str], bytes], Answer]
    most: int
    url: str = ""
    cache: MemoryCache = field(default_factory=MemoryCache)
    got: list[dict[str, Any]] = field(default_factory=list)
    failing: Answer | None = None

    def keep(self, path: str, *tags: str) -> None:
        self.cache.keep(path, *tags)

    def holds(self, path: str) -> bool:
        return path in self.cache.held

    def fail(self) -> None:
        self.failing = (500, "{}")

    def forget(self, tags: list[str], answer: object) -> Answer:
        if not 0 < len(tags) <= self.most:
            return 400, json.dumps({"success": False, "errors": [{"message": "too many tags"}]})
        self.cache.purge(tags)
        return 200, answer if isinstance(answer, str) else json.dumps(answer)


def fastly(vendor: Vendor, headers: dict[str, str], body: bytes) -> Answer:
    if headers.get("fastly-key") != KEY:
        return 401, '{"msg": "Provided credentials are missing or invalid"}'
    return vendor.forget(headers.get("surrogate-key", "").split(), recorded("fastly")["answer"])


def cloudflare(vendor: Vendor, headers: dict[str, str], body: bytes) -> Answer:
    if headers.get("authorization") != f"Bearer {KEY}":
        return 403, '{"success": false, "errors": [{"code": 10000, "message": "Authentication error"}]}'
    return vendor.forget(json.loads(body)["tags"], recorded("cloudflare")["answer"])


def cloudfront(vendor: Vendor, headers: dict[str, str], body: bytes) -> Answer:
    items = re.findall(r"<Path>#([^<]+)</Path>", body.decode())
    return vendor.forget(items, recorded("cloudfront")["answer"])


@contextmanager
def open_for_business(vendor: Vendor) -> Iterator[Vendor]:
    """The vendor's API on a port of this machine."""

    class Desk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            vendor.got.append({"method": "POST", "path": self.path, "headers": headers, "body": body})
            status, text = vendor.failing or vendor.read(vendor, headers, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        vendor.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield vendor
        server.shutdown()
        thread.join(5)
