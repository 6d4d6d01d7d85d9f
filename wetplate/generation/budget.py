"""The throttle: what a family may still paint today (UTC), counted in Postgres.

Here: granting, giving back, spending, what is left. Not here: what is painted with a grant.

Rules:
1. `grant` reserves images before they are painted, under the lock of the day's row: two runs never share one.
2. Over budget is no error: fewer images are granted, down to none, and the rest waits for the next day.
3. A reservation whose run died must not cost the family its day. A run that can say so gives back what it did
   not paint; whoever cannot loses it for LEASE, after which only what was really painted counts.
4. Device time is known only afterwards: once it is spent, nothing more is granted.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.generation.tables import BudgetRow, PaintingRow
from wetplate.recipes.catalog import GENERATION
from wetplate.recipes.family import Budget
from wetplate.recipes.tables import RecipeRow
from wetplate.storage.database import now

LEASE = timedelta(hours=1)


@dataclass(frozen=True)
class Left:
    """What a family may still paint today."""

    images: int
    device_ms: int

    def message(self, waiting: int) -> str:
        """What to tell people about recipes that wait."""
        if self.images and self.device_ms:
            return f"{waiting} recipes wait; {self.images} images are left in today's budget"
        spent = "device time" if self.images else "images"
        return (
            f"{waiting} recipes wait: today's budget of {spent} is spent; painting goes on after midnight UTC"
        )


def grant(session: Session, slug: str, wanted: int, budget: Budget) -> int:
    """Reserve up to `wanted` images for today; how many were reserved."""
    row = _locked(session, slug)
    _lapse(session, row)
    left = _left(row, budget)
    granted = min(wanted, left.images) if left.device_ms else 0
    if granted > 0:
        row.images += granted
        row.granted_at = now()
        session.flush()
    return max(0, granted)


def give_back(session: Session, slug: str, images: int) -> None:
    """Return reserved images that were not painted."""
    row = _locked(session, slug)
    row.images = max(0, row.images - images)
    session.flush()


def spend(session: Session, slug: str, device_ms: int) -> None:
    """Count device time, in milliseconds."""
    _entered(session, slug)
    today = (BudgetRow.family == slug) & (BudgetRow.day == _today())
    session.execute(update(BudgetRow).where(today).values(device_ms=BudgetRow.device_ms + device_ms))


def left(session: Session, slug: str, budget: Budget) -> Left:
    """What may still be granted today; reads only."""
    return _left(session.get(BudgetRow, (slug, _today())), budget)


def _left(row: BudgetRow | None, budget: Budget) -> Left:
    images, device_ms = (row.images, row.device_ms) if row else (0, 0)
    return Left(
        max(0, budget.images_per_day - images), max(0, budget.device_seconds_per_day * 1000 - device_ms)
    )


def _lapse(session: Session, row: BudgetRow) -> None:
    """After LEASE without a grant, count what was painted today instead of what was reserved."""
    if now() - row.granted_at < LEASE:
        return
    midnight = datetime.combine(row.day, datetime.min.time(), UTC)
    painted = (
        select(func.count()).select_from(PaintingRow).join(RecipeRow, RecipeRow.id == PaintingRow.recipe_id)
    )
    ours = (RecipeRow.family == row.family, RecipeRow.kind == GENERATION)
    here = painted.where(*ours, PaintingRow.at >= midnight)
    row.images = min(row.images, session.scalar(here) or 0)


def _locked(session: Session, slug: str) -> BudgetRow:
    """Today's row, locked until the end of the transaction."""
    _entered(session, slug)
    today = select(BudgetRow).where(BudgetRow.family == slug, BudgetRow.day == _today())
    return session.scalars(today.with_for_update().execution_options(populate_existing=True)).one()


def _entered(session: Session, slug: str) -> None:
    row = {"family": slug, "day": _today(), "images": 0, "device_ms": 0, "granted_at": now()}
    session.execute(insert(BudgetRow).values(row).on_conflict_do_nothing())


def _today() -> date:
    return now().date()
