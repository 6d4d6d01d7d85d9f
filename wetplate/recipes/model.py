"""Which model exactly: the digest that pins a local model folder.

Here: the tree digest. Not here: loading (generation), the hashes that infotexts carry (`infotext.hashes`).

What loads counts, what documents does not: hidden files and Markdown (the model card) are left out, so that a
better card does not make every recipe a new one.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from wetplate.errors import ModelError

FORM = "wetplate.model/1"


def model_digest(folder: Path) -> str:
    """`sha256:` and the SHA-256 over the sorted names and hashes of the folder's files. Raises ModelError."""
    if not folder.is_dir():
        raise ModelError(
            f"{folder}: no such model folder; expected a diffusers pipeline with model_index.json"
        )
    lines = [f"{_sha256(folder / name)} {name}\n" for name in sorted(_names(folder))]
    if not lines:
        raise ModelError(f"{folder}: the model folder is empty")
    tree = "".join([f"{FORM}\n", *lines])
    return f"sha256:{hashlib.sha256(tree.encode()).hexdigest()}"


def _names(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and not name.lower().endswith(".md"):
                yield (Path(parent) / name).relative_to(folder).as_posix()


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as body:
            return hashlib.file_digest(body, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror}") from error
