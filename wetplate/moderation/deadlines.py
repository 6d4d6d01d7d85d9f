"""Deadlines: by when a task of which queue is due. Pure.

One setting (`sla_hours`) says how long an image may wait for a person; each queue takes a share of it. A
takedown is somebody's harm and goes on in public; an audit sample holds nobody up but its own image.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

SHARES: Mapping[str, float] = {
    "review": 1.0,
    "second": 0.5,
    "escalated": 0.5,
    "appeal": 1.0,
    "takedown": 0.25,
    "audit": 7.0,
}


def due(queue: str, at: datetime, sla_hours: float) -> datetime:
    """When a task that came into the queue at this moment is due."""
    return at + timedelta(hours=sla_hours * SHARES[queue])
