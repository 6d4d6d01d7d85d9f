"""Caches on this machine make themselves known, so that nobody has to configure what is started beside him.

Here: `announced` while a cache runs, `found` by whoever purges and has no WETPLATE_PURGERS. Not here: caches
elsewhere, which are configured.

Rules:
1. An announcement is a locked file under `var`. The lock ends with its process, however that ends, so what is
   found is running.
2. WETPLATE_PURGERS, when set, is all there is; `none` says that there is no cache.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

FOLDER: Final = "edges"


@contextmanager
def announced(var: Path, kind: str, url: str) -> Iterator[None]:
    """Make a cache known for as long as the block lasts."""
    place = urlsplit(url)
    file = var / FOLDER / f"{kind}-{place.hostname}-{place.port}"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="ascii") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(f"{kind}={url}")
        held.flush()
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def found(var: Path) -> str:
    """The caches that run here, as WETPLATE_PURGERS would name them."""
    files = sorted((var / FOLDER).glob("*")) if (var / FOLDER).is_dir() else []
    return " ".join(text for file in files if (text := _held(file)))


def _held(file: Path) -> str:
    """What the file says, if somebody holds it."""
    try:
        with file.open(encoding="ascii") as asked:
            fcntl.flock(asked, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return file.read_text(encoding="ascii")
    except FileNotFoundError:
        pass
    return ""
