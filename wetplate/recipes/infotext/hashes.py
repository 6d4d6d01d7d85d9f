"""The hashes by which infotexts name model files. Short: they identify, they do not prove.

Here: A1111's three kinds. Not here: the digest that pins a model for a recipe (`wetplate.recipes.model`).
"""

import hashlib
import io
from pathlib import Path

from wetplate.errors import ModelError

OFFSET, LENGTH = 1 << 20, 1 << 16


def legacy_hash(file: Path) -> str:
    """The old `Model hash`: 8 hex digits over 64 KiB at offset 1 MiB; many different files share one."""
    with _opened(file) as body:
        body.seek(OFFSET)
        return hashlib.sha256(body.read(LENGTH)).hexdigest()[:8]


def model_hash(file: Path) -> str:
    """The `Model hash` of today: the first 10 hex digits of the file's SHA-256."""
    with _opened(file) as body:
        return hashlib.file_digest(body, "sha256").hexdigest()[:10]


def adapter_hash(file: Path) -> str:
    """What `Lora hashes` holds: 12 hex digits of SHA-256 over a safetensors file behind its header."""
    with _opened(file) as body:
        header = int.from_bytes(body.read(8), "little")
        body.seek(min(8 + header, file.stat().st_size))
        return hashlib.file_digest(body, "sha256").hexdigest()[:12]


def _opened(file: Path) -> io.BufferedReader:
    try:
        return file.open("rb")
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror}") from error
