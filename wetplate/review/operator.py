"""The operator: somebody who decides at the command line, where the database itself is the key.

Rules:
1. They count as an administrator under a name of their own choosing. Two-person rules hold all the same.
2. What they decide is the image's most urgent open task.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from wetplate.moderation import queue, tasks, worklist
from wetplate.recipes.tables import RecipeRow
from wetplate.review import decisions
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
) -> Outcome:
    """Decide on what waits about this image, at once. Raises DecisionConflict, ModerationError."""
    person = Person(queue.checked_name(name), Role.ADMIN, csrf="")
    if not tasks.about(session, recipe_id):
        _list(session, recipe_id)
    return decisions.settle(session, objects, recipe_id, person, decision, reason, note, details)


def _list(session: Session, recipe_id: str) -> None:
    """Put an image on the list that waits and that nobody has put there yet."""
    queue.waiting_verdict(session, recipe_id)
    worklist.sync(session, session.get_one(RecipeRow, recipe_id).family)
