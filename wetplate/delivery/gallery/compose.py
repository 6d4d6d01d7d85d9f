"""What each page shows: rows and words brought together for its template. Receives the session.

Not here: HTTP (`routes`), words (`words`), rows (`shelf`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from wetplate.delivery import caching
from wetplate.delivery.gallery import facts, pictures, shelf, words
from wetplate.delivery.gallery import families as listed
from wetplate.delivery.gallery.pages import Html, Pages
from wetplate.delivery.gallery.selection import Selection
from wetplate.delivery.gallery.shelf import Image, Page
from wetplate.delivery.gallery.words import Tile
from wetplate.delivery.problems import Problem
from wetplate.errors import AddressMoved, NotServed
from wetplate.publication.progress import progress
from wetplate.recipes.catalog import family_of
from wetplate.recipes.definition import Family

STRIP = 6  # pictures of a family among families: a row on a desktop; narrower windows hide the last
FIRST = 4  # of them fetched at once, in the first family


@dataclass(frozen=True)
class Shown:
    """A page, and the tags it is forgotten by: of the image it is about, or of the families it lists."""

    html: Html
    tags: Sequence[str]


def families(session: Session, pages: Pages, start: str = "") -> Shown:
    """Families with their first pictures.

    Raises NotServed when they end before the start, AddressMoved when no family is called that.
    """
    page = listed.page(session, start, pictures=STRIP)
    if start and not page.families:
        raise NotServed("the families end before this page; /gallery/ has the first")
    if start and page.families[0].slug != start:
        raise AddressMoved(beginning(page.families[0].slug))
    strips = [
        tiles(family_of(session, each.slug), each.images, 0 if number else FIRST)
        for number, each in enumerate(page.families)
    ]
    html = pages.render(
        "families",
        pictures.colours(tile.picture for strip in strips for tile in strip),
        title="Families",
        lead=words.families(page.total),
        families=[words.strip(each, strip) for each, strip in zip(page.families, strips, strict=True)],
        before=None if page.before is None else beginning(page.before),
        after=None if page.after is None else beginning(page.after),
    )
    return Shown(html, [caching.listing(each.slug) for each in page.families])


def beginning(slug: str) -> str:
    """The address of the page of families that begins at this one."""
    return f"/gallery/from/{slug}" if slug else "/gallery/"


def family(session: Session, pages: Pages, known: Family, selection: Selection) -> Shown:
    """One page of a family. Raises NotServed, AddressMoved: a page begins at one of its images."""
    page = shelf.page(session, selection)
    if selection.start:
        _begins(page, selection)
    number = shelf.published(session, selection)
    shown = tiles(known, page.images, pictures.EAGER)
    standing = None if shown else next(iter(progress(session, [known.slug])), None)
    html = pages.render(
        "family",
        pictures.colours(tile.picture for tile in shown),
        title=known.title,
        family=known.slug,
        trail=[(known.title, "" if selection == Selection(known.slug) else f"/gallery/{known.slug}")],
        count=words.shown(number, selection, len(shown)),
        filters=words.filters(known.attributes, selection) if number or selection.only else (),
        tiles=shown,
        empty=words.empty(selection, standing),
        before=None if page.before is None else selection.at(page.before).path,
        after=None if page.after is None else selection.at(page.after).path,
    )
    return Shown(html, (caching.tags("", known.slug)[1], caching.listing(known.slug)))


def image(session: Session, pages: Pages, known: Family, image_id: str, address: str, loader: str) -> Shown:
    """Everything that may be said of one image. Raises NotServed, ImageGone."""
    one = shelf.known(session, known.slug, image_id)
    if not pictures.shown(one.image):
        raise NotServed("its files are being made or taken away; ask again in a moment")
    alt, caption = _alt(known, one.image), words.caption(one.image.variant)
    large = pictures.picture(one.image, alt, pictures.STAGE.format(width=one.image.width), eager=True)
    html = pages.render(
        "image",
        pictures.colours([large]),
        title=alt[:1].upper() + alt[1:],
        family=known.slug,
        trail=[(known.title, f"/gallery/{known.slug}"), (caption, "")],
        large=large,
        notice=facts.notice(one.state),
        variant=facts.variant(known.attributes, known.slug, one.image.variant),
        disclosure=one.disclosure,
        provenance=list(facts.provenance(one)),
        moves=list(facts.moves(one.moves)),
        files=facts.lines(one.image),
        files_lead=facts.files_lead(one.image.files),
        snippets=facts.snippets(one.image, alt, facts.sizes(one.profile), address, loader),
        address=address,
        before=one.before and f"/gallery/{known.slug}/{one.before}",
        after=one.after and f"/gallery/{known.slug}/{one.after}",
    )
    return Shown(html, caching.tags(one.image.id, known.slug))


def _begins(page: Page, selection: Selection) -> None:
    """Return if the page begins where its address says, so that there are no more addresses than images."""
    if not page.images:
        raise NotServed(f"the family ends before this page; {selection.at(0).path} is the first")
    if page.images[0].position != selection.start:
        raise AddressMoved(selection.at(page.images[0].position).path)


def refusal(pages: Pages, problem: Problem) -> Html:
    """Why there is no page, and where to go."""
    return pages.render("refused", title=problem.title, status=problem.status, message=problem.detail)


def tiles(known: Family, images: Sequence[Image], eager: int) -> list[Tile]:
    """A tile per image that has its files; the first `eager` of them are fetched at once."""
    return [
        Tile(
            f"/gallery/{known.slug}/{each.id}",
            words.caption(each.variant),
            pictures.picture(each, _alt(known, each), pictures.TILE, eager=number < eager),
        )
        for number, each in enumerate(filter(pictures.shown, images))
    ]


def _alt(known: Family, shown: Image) -> str:
    """The family's words for the picture."""
    return known.alt(shown.variant)
