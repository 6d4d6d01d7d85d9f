"""The list of tasks catches up with the verdicts: at the start of whatever people work with."""

from sqlalchemy import Engine

from wetplate.moderation import worklist
from wetplate.storage.database import transaction

TOGETHER = 5_000


def catch_up(database: Engine, together: int = TOGETHER) -> int:
    """List what waits by its verdict and that no task is about, some a transaction; gives how many."""
    opened, last = 0, together
    while last >= together:
        with transaction(database) as session:
            last, _ = worklist.sync(session, most=together)
        opened += last
    return opened
