"""What became of a task, in words for whoever comes too late. Pure: from the row as it is now."""

from datetime import UTC, datetime

from wetplate.errors import DecisionConflict, LeaseLost
from wetplate.moderation.tables import TaskRow


def lost(task: TaskRow, lease: int, now: datetime) -> LeaseLost:
    """What became of a hold, in words for whoever comes back with its number."""
    if task.closed_at is not None:
        return LeaseLost(f"this task was closed at {_clock(task.closed_at)}: nothing is left to decide on it")
    if task.lease == lease and task.proposed is not None:
        return LeaseLost("you have decided already: undo that first, or take the next one")
    if task.lease == lease and task.leased_until is not None:
        ended = f"your hold on this one ended at {_clock(task.leased_until)}"
        return LeaseLost(f"{ended}; it is open again: take it once more to decide")
    if task.lease is None or (task.leased_until or now) <= now:
        return LeaseLost("your hold on this one ended; it is open again: take it once more to decide")
    return LeaseLost("your hold on this one ended, and somebody else has it now: take the next one")


def not_for(task: TaskRow, reviewer: str, now: datetime) -> DecisionConflict:
    """Why this task cannot be taken by this reviewer."""
    if task.closed_at is not None:
        return DecisionConflict(f"this task was closed at {_clock(task.closed_at)}: take the next one")
    if reviewer in task.excluded:
        return DecisionConflict("this one needs somebody else than whoever decided on it before")
    if task.proposed is not None:
        return LeaseLost("a decision on this one is about to count: take the next one")
    until = task.leased_until or now
    return LeaseLost(f"somebody else has this one until {_clock(until)}: take the next one")


def too_late(task: TaskRow, lease: int, now: datetime) -> DecisionConflict:
    """Why a decision cannot be taken back."""
    if task.lease == lease and task.proposed is None and task.closed_at is None:
        return DecisionConflict("there is nothing to undo")
    if task.closed_at is not None or (task.lease == lease and task.commit_at is not None):
        when = _clock(task.commit_at or task.closed_at or now)
        return DecisionConflict(
            f"it is too late to undo: the decision counts since {when}; ask a senior reviewer to reopen it"
        )
    return lost(task, lease, now)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M:%S} UTC"
