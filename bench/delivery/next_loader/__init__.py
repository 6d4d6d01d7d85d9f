"""A Next application that gets its pictures by our loader: installed, built and started for real.

Here: the application (app/, next.config.ts) and what builds it, in `var/bench/delivery/next_loader`.
Not here: Next as a peer in the bench.

`python -m bench.delivery.next_loader --delivery http://127.0.0.1:3002` starts it before a running delivery;
`pytest -n 0 -m node tests/browser/test_next.py` looks at it in Chromium.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from wetplate.delivery.client import files
from wetplate.settings import ROOT

HERE = Path(__file__).parent
FILES = ("package.json", "tsconfig.json", "next.config.ts")
PATIENCE = 60.0


def build(delivery: str, folder: Path = ROOT / "var" / "bench" / "delivery" / "next_loader") -> Path:
    """The application with today's loader in it, built for this delivery; gives its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy2(HERE / name, folder / name)
    shutil.copytree(HERE / "app", folder / "app", dirs_exist_ok=True)
    for file in files.read():
        (folder / file.name).write_bytes(file.body)
    said = _said(delivery)
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True)
    subprocess.run([folder / "node_modules/.bin/next", "build"], cwd=folder, env=said, check=True)
    return folder


@contextmanager
def started(folder: Path, delivery: str, family: str, port: int = 0) -> Iterator[str]:
    """The built application on loopback; gives its URL."""
    port = port or _free()
    line = [str(folder / "node_modules/.bin/next"), "start", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(line, cwd=folder, env=_said(delivery) | {"FAMILY": family})
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def _said(delivery: str) -> dict[str, str]:
    return {**os.environ, "NEXT_PUBLIC_WETPLATE_URL": delivery, "NEXT_TELEMETRY_DISABLED": "1", "CI": "1"}


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait(url: str) -> None:
    began = time.monotonic()
    while True:
        try:
            urlopen(url, timeout=10).close()
            return
        except URLError:
            if time.monotonic() - began > PATIENCE:
                raise
            time.sleep(0.2)
