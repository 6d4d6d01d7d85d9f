"""Counting: every decision whose time to undo is over is made to count, one transaction each.

Here: the loop that the console, the pipeline and whoever else keeps the clock call, any number of them at
once. Not here: making one count (`decisions.commit`).

Rules:
1. One decision, one transaction: no news is held back by another decision's store or locks.
2. One that fails keeps no other from counting. What nobody foresaw is logged whole and tried again next time.
3. Without Postgres there is nothing to go on with: that is raised.
"""

import logging
from datetime import datetime

from sqlalchemy import Engine

from wetplate.errors import DatabaseUnavailable, StorageError
from wetplate.review import decisions
from wetplate.review.decisions import Outcome
from wetplate.storage.database import clock, transaction
from wetplate.storage.objects import Objects

log = logging.getLogger(__name__)


def count(database: Engine, objects: Objects, now: datetime | None = None) -> list[Outcome]:
    """Make every decision count that is due by now; gives what became of each. Raises DatabaseUnavailable."""
    with transaction(database) as session:
        moment = now or clock(session)
        due = decisions.due(session, moment)
    found = [_counted(database, objects, task_id, moment) for task_id in due]
    return [outcome for outcome in found if outcome is not None]


def _counted(database: Engine, objects: Objects, task_id: int, now: datetime) -> Outcome | None:
    try:
        with transaction(database) as session:
            return decisions.commit(session, objects, task_id, now)
    except DatabaseUnavailable:
        raise
    except StorageError as error:
        log.warning("task %s: its decision waits: %s", task_id, error)
    except Exception:
        log.exception("task %s: its decision waits, for a fault of ours", task_id)
    return None
