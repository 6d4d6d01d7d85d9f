"""The operator: somebody who decides at the command line, where the database itself is the key.

Rules:
1. They count as an administrator under a name of their own choosing. Two-person rules hold all the same.
2. What they decide is the image's most urgent open task.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from wetplate.errors import DecisionConflict
from wetplate.moderation import queue, tasks, worklist
from wetplate.moderation.tables import TaskRow
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
    task = next(iter(tasks.about(session, recipe_id)), None) or _found(session, recipe_id)
    return decisions.at_once(session, objects, task.id, person, decision, reason, note, details)


def _found(session: Session, recipe_id: str) -> TaskRow:
    """The task of an image that waits and that nobody has put on the list yet."""
    queue.waiting_verdict(session, recipe_id)
    worklist.sync(session, session.get_one(RecipeRow, recipe_id).family)
    for task in tasks.about(session, recipe_id):
        return task
    raise DecisionConflict(f"{recipe_id[:12]} is no longer part of its family: nothing waits for it")
