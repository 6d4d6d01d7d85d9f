"""The families there are, with how much of each is public. Reads only; callers open the transaction.

Not here: what a family holds (`shelf`). A page of families is found by slug and costs the same four queries
wherever it begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from wetplate.delivery.gallery.shelf import MOST, Image, first
from wetplate.recipes.tables import FamilyRow

PER_PAGE = 24
COUNTED = """
SELECT slug, title, definition -> 'attributes' AS attributes, (
    SELECT count(*) FROM (
        SELECT 1 FROM recipes r
        JOIN canonical_images c ON c.recipe_id = r.id
        JOIN publications p ON p.canonical_id = c.id
        WHERE r.family = f.slug AND r.current AND p.state = 'published' LIMIT :most
    ) AS found
) AS published
FROM families f WHERE slug >= :start ORDER BY slug LIMIT :size
"""
BEFORE = """
SELECT slug FROM families WHERE slug < :start ORDER BY slug DESC LIMIT :size
"""


@dataclass(frozen=True)
class Counted:
    """A registered family and how many of its images are public; MOST stands for more."""

    slug: str
    title: str
    attributes: Sequence[str]
    published: int
    images: Sequence[Image]


@dataclass(frozen=True)
class Families:
    """Some of `total` families; the slugs at which the pages before and after begin, None at the ends."""

    families: Sequence[Counted]
    total: int
    before: str | None
    after: str | None


def page(session: Session, start: str, *, pictures: int, size: int = PER_PAGE) -> Families:
    """Families from this slug on, each with its first pictures."""
    said = {"most": MOST, "start": start, "size": size + 1}
    rows = session.execute(text(COUNTED), said).all()
    begun = first(session, [row.slug for row in rows[:size]], pictures)
    listed = [
        Counted(row.slug, row.title, [name for name, _ in row.attributes], row.published, begun[row.slug])
        for row in rows[:size]
    ]
    total = session.scalar(select(func.count()).select_from(FamilyRow)) or 0
    after = rows[size].slug if len(rows) > size else None
    return Families(listed, total, _before(session, start, size), after)


def _before(session: Session, start: str, size: int) -> str | None:
    """Where the page before this one begins; "" is the first."""
    said = {"start": start, "size": size + 1}
    slugs = session.scalars(text(BEFORE), said).all() if start else []
    if not slugs:
        return None
    return slugs[size - 1] if len(slugs) > size else ""
