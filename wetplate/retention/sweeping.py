"""The sweep of the restricted area: what is due goes, one object a transaction.

Here: the loop. Not here: what is due, what is held, deleting one (`restricted`).

Rule: what cannot be deleted is told and tried again by the next sweep; it keeps nothing else from going.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from wetplate.errors import DatabaseUnavailable, WetplateError
from wetplate.retention import restricted
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects


@dataclass
class Swept:
    """The keys that are gone, and why others are not, by key."""

    gone: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def sweep(database: Engine, objects: Objects, now: datetime) -> Swept:
    """Delete what is due and not held. Raises DatabaseUnavailable."""
    swept = Swept()
    with transaction(database) as session:
        due = restricted.due(session, now)
    for key in due:
        try:
            with transaction(database) as session:
                gone = restricted.delete(session, objects, key, now)
        except DatabaseUnavailable:
            raise
        except WetplateError as error:
            swept.failed[key] = str(error)
        else:
            swept.gone += [key] if gone else []
    return swept
