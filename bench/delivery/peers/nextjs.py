"""Next 16's image route in the smallest application there is. Its widths are a closed list, as ours are."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.delivery.installing import NEXT, Absent, node, program
from bench.delivery.peers.peer import Peer, Spelling
from bench.delivery.processes import free_port, serving

SPELLING = Spelling(
    plain="/_next/image?url=%2F{picture}&w={width}&q=75",
    negotiated="/_next/image?url=%2F{picture}&w={width}&q=75",
    unknown="/_next/image?url=%2F{picture}&w={width}&q=75&cb=1",
    twice="/_next/image?url=%2F{picture}&w={width}&w=384&q=75",
    orders=("/_next/image?url=%2F{picture}&w={width}&q=75", "/_next/image?q=75&w={width}&url=%2F{picture}"),
    encoded="/_next/image?url=%2F{picture}&%77={width}&q=75",
    quality="/_next/image?url=%2F{picture}&w={width}&q={quality}",
)
VARIANTS = tuple(f"/_next/image?url=%2Fportrait-0.png&w={width}&q=75" for width in range(20, 170))
FILES = {
    "app/layout.js": "export default function Layout({ children }) {\n"
    '  return <html lang="en"><body>{children}</body></html>;\n}\n',
    "app/page.js": "export default function Page() {\n  return <p>Pictures</p>;\n}\n",
    "next.config.mjs": 'export default { images: { formats: ["image/avif", "image/webp"] } };\n',
}


@contextmanager
def running(pictures: Path, *, name: str = "Next") -> Iterator[Peer]:
    """`next start` after a build, with an empty image cache; raises Absent."""
    home = node("next", NEXT, FILES)
    shutil.rmtree(home / "public", ignore_errors=True)
    shutil.copytree(pictures, home / "public", symlinks=True)
    nextjs = [program("node", "nodejs"), "node_modules/next/dist/bin/next"]
    _build(home, nextjs)
    shutil.rmtree(home / ".next" / "cache" / "images", ignore_errors=True)
    port = free_port()
    command = [*nextjs, "start", "-p", str(port), "-H", "127.0.0.1"]
    with serving(name, command, port, folder=home, environment={"NEXT_TELEMETRY_DISABLED": "1"}) as server:
        yield Peer(name, server, SPELLING, accept=True, variants=VARIANTS)


def _build(home: Path, nextjs: list[str]) -> None:
    if (home / ".next" / "BUILD_ID").exists():
        return
    done = subprocess.run([*nextjs, "build"], cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Absent(f"next build failed: {(done.stderr or done.stdout)[-300:]}")
