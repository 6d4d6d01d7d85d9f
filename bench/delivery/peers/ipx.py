"""ipx 3 over a folder. `effort` wraps sharp's `avif()`, since ipx itself offers no such choice."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.delivery.installing import IPX, folder, node, program
from bench.delivery.peers.peer import Peer, Spelling
from bench.delivery.processes import free_port, serving

SPELLING = Spelling(
    plain="/w_{width},f_{format}/{picture}",
    negotiated="/w_{width},f_auto/{picture}",
    unknown="/w_{width},f_{format},cb_1/{picture}",
    twice="/w_{width},w_320,f_{format}/{picture}",
    orders=("/w_{width},f_{format}/{picture}", "/f_{format},w_{width}/{picture}"),
    encoded="/%77_{width},f_{format}/{picture}",
    quality="/w_{width},f_{format},q_{quality}/{picture}",
)
VARIANTS = tuple(f"/w_{width},f_webp/portrait-0.png" for width in range(20, 170))

SCRIPT = """
import { createServer } from "node:http";
import sharp from "sharp";
import { createIPX, createIPXNodeServer, ipxFSStorage } from "ipx";
const [port, dir, effort] = process.argv.slice(2);
if (effort) {
  const toFormat = sharp.prototype.toFormat;
  sharp.prototype.toFormat = function (format, options) {
    return toFormat.call(this, format, format === "avif" ? { ...options, effort: Number(effort) } : options);
  };
}
const ipx = createIPX({ storage: ipxFSStorage({ dir }) });
createServer(createIPXNodeServer(ipx)).listen(Number(port), "127.0.0.1");
"""


@contextmanager
def running(pictures: Path, *, name: str = "ipx", effort: int | None = None) -> Iterator[Peer]:
    """A Node server; raises Absent."""
    home = node("ipx", IPX, {"serve.mjs": SCRIPT})
    port, here = free_port(), folder() / "servers"
    here.mkdir(exist_ok=True)
    command = [program("node", "nodejs"), str(home / "serve.mjs"), str(port), str(pictures)]
    command += [] if effort is None else [str(effort)]
    with serving(name, command, port, folder=here) as server:
        yield Peer(name, server, SPELLING, variants=VARIANTS)
