"""The operator: somebody who decides at the command line, where the database itself is the key.

Rules:
1. They count as an administrator under a name of their own choosing, which is what is recorded. Two-person
   rules hold all the same: between names, since nobody signs in at a command line.
2. What they decide is the most urgent open task of the image or the notice.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from wetplate.moderation import queue, tasks, worklist
from wetplate.recipes.tables import RecipeRow
from wetplate.retention.personal import Wrapping
from wetplate.review import decisions, notices
from wetplate.review.access import Person, Role
from wetplate.review.decisions import Outcome
from wetplate.review.details import NONE
from wetplate.storage.objects import Objects


def decide(
    session: Session,
    objects: Objects,
    recipe_id: str,
    decision: str,
    name: str,
    reason: str,
    note: str = "",
    details: Mapping[str, Any] = NONE,
    *,
    wrapping: Wrapping | None = None,
) -> Outcome:
    """Decide on what waits about this image, at once. Raises DecisionConflict, ModerationError."""
    if not tasks.about(session, recipe_id):
        _list(session, recipe_id)
    said = (decision, reason, note, details)
    return decisions.settle(session, objects, recipe_id, named(name), *said, wrapping=wrapping)


def decide_notice(
    session: Session,
    objects: Objects,
    notice_id: str,
    decision: str,
    name: str,
    reason: str,
    facts: str = "",
    slug: str = "",
    *,
    wrapping: Wrapping | None = None,
) -> Outcome:
    """Decide on what waits about this notice, at once. Raises what `notices.settle` raises."""
    said = (decision, reason, facts, slug)
    return notices.settle(session, objects, notice_id, named(name), *said, wrapping=wrapping)


def named(name: str) -> Person:
    """Whoever is at the command line under this name. Raises ModerationError."""
    return Person(queue.checked_name(name), Role.ADMIN, csrf="")


def _list(session: Session, recipe_id: str) -> None:
    """Put an image on the list that waits and that nobody has put there yet."""
    queue.waiting_verdict(session, recipe_id)
    worklist.sync(session, session.get_one(RecipeRow, recipe_id).family)
