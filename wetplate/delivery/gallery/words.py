"""What lists of families and images say: captions, counts, filters, why a page is empty. Pure.

Here: rows as words and links for the templates. Not here: rows (`families`, `shelf`), the words of one image
(`facts`), HTML (templates).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wetplate.delivery.gallery.families import Counted
from wetplate.delivery.gallery.pictures import Picture
from wetplate.delivery.gallery.selection import Attributes, Selection
from wetplate.delivery.gallery.shelf import MOST
from wetplate.publication.progress import Progress

OFFERED = 60  # values of one attribute that a page offers


@dataclass(frozen=True)
class Tile:
    """One picture of a grid."""

    href: str
    caption: str
    picture: Picture


@dataclass(frozen=True)
class Strip:
    """A family among families."""

    href: str
    title: str
    about: str
    tiles: Sequence[Tile]


@dataclass(frozen=True)
class Choice:
    """One value that a filter offers."""

    text: str
    href: str
    chosen: bool


@dataclass(frozen=True)
class Filter:
    """One attribute; `more` values exist and are not listed."""

    name: str
    choices: Sequence[Choice]
    more: int


@dataclass(frozen=True)
class Empty:
    """Why a page is empty, and what to do about it."""

    what: str
    command: str = ""
    href: str = ""
    link: str = ""


def caption(variant: Mapping[str, str]) -> str:
    """A variant in a few words: `red lace · gum sole`. Of a picture from outside it may be unknown."""
    told = (f"{value} {spoken(name)}" for name, value in variant.items())
    return "\N{NO-BREAK SPACE}· ".join(told) or "variant unknown"


def spoken(name: str) -> str:
    """An attribute's name as people say it."""
    return name.replace("_", " ")


def counted(number: int) -> str:
    """A number as people read it."""
    return f"{number:,}"


def families(number: int) -> str:
    """How many there are in all."""
    return f"{counted(number)} {'family' if number == 1 else 'families'}"


def strip(family: Counted, tiles: Sequence[Tile]) -> Strip:
    """A family among families."""
    names = ", ".join(spoken(name) for name in family.attributes)
    return Strip(f"/gallery/{family.slug}", family.title, f"{_images(family.published)} · {names}", tiles)


def _images(number: int) -> str:
    if number >= MOST:
        return f"more than {counted(MOST - 1)} images"
    return f"{counted(number)} {'image' if number == 1 else 'images'}"


def shown(number: int, selection: Selection, on_page: int) -> str:
    """How many images a page is about."""
    if not number:
        return "Nothing to see here yet." if not selection.only else "No published image has all of this."
    which = f"with {caption(dict(selection.only))}" if selection.only else "published"
    whole = f"{_images(number)} {which}"
    return whole if on_page == number else f"{whole}; {counted(on_page)} on this page"


def filters(attributes: Attributes, selection: Selection) -> list[Filter]:
    """A row of links per attribute that has a choice: any, and each value."""
    chosen = dict(selection.only)
    return [
        Filter(
            spoken(name),
            [
                Choice(text, selection.having(attributes, name, value).path, chosen.get(name) == value)
                for text, value in (
                    ("any", None),
                    *((value, value) for value in _offered(values, chosen.get(name))),
                )
            ],
            max(0, len(values) - OFFERED),
        )
        for name, values in attributes.items()
        if len(values) > 1
    ]


def _offered(values: Sequence[str], chosen: str | None) -> Sequence[str]:
    offered = values[:OFFERED]
    return offered if chosen is None or chosen in offered else (*offered, chosen)


def empty(selection: Selection, standing: Progress | None) -> Empty:
    """What an empty page says: what is missing, and the next step."""
    if selection.only:
        return Empty(
            "Take one of the filters away.", href=f"/gallery/{selection.family}", link="Show the whole family"
        )
    if standing is None or not standing.painted:
        return Empty(
            "Nothing is painted yet. Materialise the family in the Dagster UI, or:",
            f"wetplate paint {selection.family}",
        )
    if standing.review:
        return Empty(
            f"{counted(standing.review)} images wait for a person's decision:",
            f"wetplate review list --family {selection.family}",
        )
    return Empty(
        f"{counted(standing.painted)} images are painted, {counted(standing.rejected)} rejected, "
        f"{counted(standing.withdrawn)} taken down, none published. Where each stands:",
        "wetplate status",
    )
