"""A secret in a file of our own, made on first use.

Here: making and reading one. Not here: what it is for, how it is written (whoever asks for it).

Rules: the file is readable by its owner only, appears whole, and is never overwritten; of processes that
start together one makes it, and all read the same.
"""

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from wetplate.errors import SettingError


def secret(file: Path, fresh: Callable[[], str], instead: str) -> str:
    """What the file holds; if there is none, it is made of what `fresh` gives.

    `instead` is the setting that may hold the secret in its place. Raises SettingError, which quotes none.
    """
    try:
        if not file.exists():
            make(file, fresh())
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise SettingError(f"{file} can be read by others; run `chmod 600 {file}`, or set {instead}")
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise SettingError(f"{file}: {error.strerror}; make it accessible, or set {instead}") from error


def make(file: Path, text: str) -> None:
    """Write the file; whoever else does so at the same time may come first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(number, "w", encoding="ascii") as opened:
            opened.write(text + "\n")
        os.link(name, file)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
