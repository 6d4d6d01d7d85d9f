"""Where the files of adopted pictures lie, told by their recipes. Pure.

Here: keys, for whoever keeps such files and whoever moves them out of reach. Not here: keeping them
(`provenance.adoption`).
"""

from collections.abc import Mapping
from typing import Any


def key(digest: str) -> str:
    """The file as it came."""
    return f"originals/{digest}"


def manifest_key(digest: str) -> str:
    """The credentials it brought, by themselves."""
    return f"{key(digest)}.c2pa"


def keys(body: Mapping[str, Any]) -> list[str]:
    """Every object that holds something of the picture of a recipe of kind ORIGINAL."""
    digest = body["object_sha256"]
    return [key(digest), *([manifest_key(digest)] if body["manifest"] else [])]
