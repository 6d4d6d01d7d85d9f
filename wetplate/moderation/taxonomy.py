"""The taxonomy: what can be wrong with a product picture, as stable slugs in two levels.

Here: reading the versioned files (taxonomies/v<version>.toml). Not here: which detector's label means which
slug (`policy`), what follows from it (`bands`).

Rules:
1. A version's slugs are only ever added to, so that the log stays countable; another cut is another version,
   and policies name the version they speak.
2. A slug is `category/word`, or a category that has no finer words. Flags and the DSA category are inherited.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wetplate.errors import ModerationError

FOLDER = Path(__file__).parent / "taxonomies"
LATEST = "1"


@dataclass(frozen=True)
class Slug:
    """One thing that can be wrong.

    `parent` is its category; `sensitive` pictures are shown blurred; `zero_tolerance` ones stand in
    quarantine; `dsa` is the category of a statement of reasons, "" where none is owed.
    """

    slug: str
    parent: str
    says: str
    sensitive: bool
    zero_tolerance: bool
    dsa: str


@dataclass(frozen=True)
class Taxonomy:
    """A version of the slugs, in the file's order; `categories` say what their slugs have in common."""

    version: str
    slugs: Mapping[str, Slug]
    categories: Mapping[str, str]

    def sensitive(self, slugs: tuple[str, ...]) -> bool:
        """Whether one of these is; a slug of another version counts as sensitive."""
        return any(slug not in self.slugs or self.slugs[slug].sensitive for slug in slugs)

    def zero_tolerance(self) -> frozenset[str]:
        """The slugs that mean quarantine."""
        return frozenset(slug.slug for slug in self.slugs.values() if slug.zero_tolerance)


@cache
def load(version: str = LATEST) -> Taxonomy:
    """The taxonomy of this version. Raises ModerationError for one that there is not."""
    file = FOLDER / f"v{version}.toml"
    if not version.isdigit() or not file.is_file():
        known = ", ".join(sorted(path.stem.removeprefix("v") for path in FOLDER.glob("v*.toml")))
        raise ModerationError(f"no taxonomy version {version!r}; known: {known}")
    table = tomllib.loads(file.read_text("utf-8"))
    slugs = {each.slug: each for name, part in table["categories"].items() for each in _slugs(name, part)}
    says = {name: str(part["says"]) for name, part in table["categories"].items()}
    return Taxonomy(table["version"], slugs, says)


def _slugs(category: str, part: Mapping[str, Any]) -> Iterator[Slug]:
    inherited: dict[str, Any] = {"sensitive": False, "zero_tolerance": False, "dsa": ""}
    inherited |= {key: part[key] for key in inherited if key in part}
    if "slugs" not in part:
        yield Slug(category, category, part["says"], **inherited)
    for word, own in part.get("slugs", {}).items():
        yield Slug(f"{category}/{word}", category, **{**inherited, **own})


class _Sentences(Mapping[str, str]):
    """The latest version's slugs and what they say, read from the file when first asked for."""

    def __getitem__(self, slug: str) -> str:
        return load().slugs[slug].says

    def __iter__(self) -> Iterator[str]:
        return iter(load().slugs)

    def __len__(self) -> int:
        return len(load().slugs)


SLUGS: Mapping[str, str] = _Sentences()
