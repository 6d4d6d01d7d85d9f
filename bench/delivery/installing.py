"""The peers' files, in a folder of their own under `var/`.

Python peers get a virtual environment, Node's an npm project with exact versions. What stands is left alone;
a stamp is written last, so that an installation cut short is made again.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from wetplate.settings import settings

THUMBOR = ("thumbor==7.8.0", "pillow<13", "setuptools<81")
IPX = {"ipx": "3.1.1"}
SHARP = {"sharp": "0.35.5"}
NEXT = {"next": "16.4.6", "react": "19.3.1", "react-dom": "19.3.1"}


class Absent(Exception):
    """A peer or program cannot be had here; the message says why. Its figures are skipped."""


def folder() -> Path:
    """Where peers are installed and servers keep their files."""
    made = settings().var / "bench" / "delivery"
    made.mkdir(parents=True, exist_ok=True)
    return made


def program(name: str, package: str) -> str:
    """The path of a program that comes from the distribution. Raises Absent."""
    if path := shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin"):
        return path
    raise Absent(f"{name} is not installed (Debian: apt-get install {package})")


def python(name: str, requirements: tuple[str, ...]) -> Path:
    """The interpreter of a virtual environment that holds the requirements. Raises Absent."""
    home = folder() / name
    if not _stamped(home, list(requirements)):
        shutil.rmtree(home, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(home))
        _run(str(home / "bin" / "pip"), "install", "--quiet", *requirements)
        _stamp(home, list(requirements))
    return home / "bin" / "python"


def node(name: str, packages: Mapping[str, str], files: Mapping[str, str | bytes]) -> Path:
    """A folder with `node_modules` and the given files in it. Raises Absent."""
    home, npm = folder() / name, program("npm", "npm")
    if not _stamped(home, dict(packages)):
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        (home / "package.json").write_text(json.dumps({"private": True, "dependencies": dict(packages)}))
        _run(npm, "install", "--no-audit", "--no-fund", "--silent", at=home)
        _stamp(home, dict(packages))
    for path, content in files.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(content.encode() if isinstance(content, str) else content)
    return home


def _run(*command: str, at: Path | None = None) -> None:
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Absent(f"{' '.join(command[:4])} failed: {(done.stderr or done.stdout).strip()[-300:]}")


def _stamped(home: Path, wanted: object) -> bool:
    stamp = home / ".installed"
    return stamp.exists() and json.loads(stamp.read_text()) == wanted


def _stamp(home: Path, wanted: object) -> None:
    (home / ".installed").write_text(json.dumps(wanted))
