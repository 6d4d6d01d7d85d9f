"""Families on disk, and the recipes they yield.

Here: finding and reading family files, the slug rule, `expand`. Not here: what a file may say (`familyfile`),
rows (`catalog`). A family is a folder `<root>/<slug>/` with a `family.toml`.

Variants stand in the order of the file: the last attribute changes fastest. Neither that order nor
that of the keys enters a recipe's id, so that a reordered file yields the same ids.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from wetplate.errors import FamilyError, UnknownFamily
from wetplate.recipes.definition import Budget, Family, Licence, Seed
from wetplate.recipes.familyfile import MAX_VARIANTS, defined, parsed
from wetplate.recipes.fields import is_slug, shown
from wetplate.recipes.model import model_digest
from wetplate.recipes.recipe import Recipe

__all__ = [
    "FILE",
    "MAX_VARIANTS",
    "Budget",
    "Family",
    "Licence",
    "checked_slug",
    "defined",
    "expand",
    "find",
    "model_digest",
    "read",
    "slugs",
    "variants",
]

FILE = "family.toml"
LARGEST = 1 << 20


def checked_slug(slug: str) -> str:
    """The slug, if it is one: 2 to 40 lower-case letters, digits, single hyphens. Raises FamilyError."""
    if not is_slug(slug):
        expected = "expected 2 to 40 lower-case letters, digits and single hyphens between them, like rumba-2"
        raise FamilyError(f"family {slug[:60]!r}", "slug", expected)
    return slug


def slugs(root: Path) -> list[str]:
    """The families under a folder, in order of name."""
    return sorted(file.parent.name for file in root.glob(f"*/{FILE}") if is_slug(file.parent.name))


def find(root: Path, slug: str) -> Family:
    """The family of that name. Raises UnknownFamily, FamilyError."""
    folder = root / checked_slug(slug)
    if not (folder / FILE).is_file():
        known = ", ".join(slugs(root)) or "none"
        raise UnknownFamily(folder / FILE, slug, f"no such family; known under {root}: {known}")
    return read(folder)


def read(folder: Path) -> Family:
    """The family a folder describes. Raises FamilyError with file, key and what was expected."""
    file = folder / FILE
    slug = checked_slug(folder.name)
    try:
        if file.stat().st_size > LARGEST:
            raise FamilyError(file, "file", f"expected at most {LARGEST} bytes")
        body = file.read_bytes()
    except FileNotFoundError as error:
        raise UnknownFamily(file, slug, "no such family file") from error
    except OSError as error:
        raise FamilyError(file, "file", f"expected a readable file: {error.strerror}") from error
    return parsed(file, slug, _tables(file, body))


def _tables(file: Path, body: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(body.decode())
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = body.decode().splitlines()[int(place[1]) - 1 if place else -1 :][:1]
        raise FamilyError(file, "TOML", f"expected valid TOML: {error}: {shown(''.join(line))}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise FamilyError(file, "TOML", f"expected valid TOML in UTF-8: {error}") from error


def variants(family: Family) -> list[dict[str, str]]:
    """Every combination of attribute values, in the file's order."""
    return [
        dict(zip(family.attributes, values, strict=True)) for values in product(*family.attributes.values())
    ]


def expand(family: Family) -> list[Recipe]:
    """One recipe per variant, in the file's order."""
    return [_recipe(family, variant) for variant in variants(family)]


def _recipe(family: Family, variant: Mapping[str, str]) -> Recipe:
    template = family.recipe
    return Recipe(
        family=family.slug,
        variant=variant,
        prompt=template.prompt.format_map(variant),
        negative_prompt=template.negative_prompt.format_map(variant),
        model=family.model,
        sampler=template.sampler,
        steps=template.steps,
        guidance=template.guidance,
        seed=_seed(template.seed, variant),
        width=template.width,
        height=template.height,
    )


def _seed(seed: Seed, variant: Mapping[str, str]) -> int:
    """The family's seed, or one of the variant's own that no other variant's coming or going can change."""
    if seed.rule == "fixed":
        return seed.value
    words = json.dumps(dict(variant), sort_keys=True, ensure_ascii=False).encode()
    return (seed.value + int.from_bytes(hashlib.sha256(words).digest()[:4])) % 2**32
