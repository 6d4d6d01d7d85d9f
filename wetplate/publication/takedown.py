"""A takedown and a reinstatement reach the object store.

Here: what follows from `image.withdrawn` and `image.reinstated`. Not here: the moves themselves (`moves`).

Rules:
1. Public copies are deleted; the canonical in the private area, the painting and every row stay as evidence.
2. Doing it again changes nothing, wherever it was interrupted: objects go first, then the event is marked
   handled.
3. A reinstated image gets new files from the next run, in a new version: what was made on demand or signed
   for an earlier one stays gone. A file is named by its bytes; one that comes out the same has its address
   again.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.derivatives import catalog as files
from wetplate.errors import PublicationError
from wetplate.publication import moves, states
from wetplate.publication.states import Move, State
from wetplate.publication.tables import PublicationRow
from wetplate.storage import outbox
from wetplate.storage.objects import Objects
from wetplate.storage.outbox import Event


def handle(session: Session, objects: Objects, event_id: int) -> str:
    """Carry out one event and give a line for the log.

    Raises PublicationError for an event that is none of these.
    """
    event = session.get(Event, event_id)
    if event is not None and event.topic == states.TOPIC[Move.TAKE_DOWN]:
        deleted = execute(session, objects, event.key)
        return f"{event.key[:12]}: taken down, {deleted} objects deleted"
    if event is not None and event.topic == states.TOPIC[Move.REINSTATE]:
        acknowledge(session, event.key)
        return f"{event.key[:12]}: reinstated; the family's next run makes its files anew and publishes it"
    raise PublicationError(f"event {event_id} is no takedown and no reinstatement; see topics in the outbox")


def execute(session: Session, objects: Objects, canonical_id: str) -> int:
    """Delete the public copies of a withdrawn image and mark its takedowns handled; gives how many copies."""
    locked = select(PublicationRow.state).where(PublicationRow.canonical_id == canonical_id).with_for_update()
    withdrawn = session.scalars(locked).one_or_none() == State.WITHDRAWN
    keys = files.withdraw(session, canonical_id) if withdrawn else []
    for key in keys:
        objects.delete(key)
    outbox.handle(session, moves.pending(session, canonical_id))
    return len(keys)


def acknowledge(session: Session, canonical_id: str) -> None:
    """Mark the image's reinstatements handled: a draft needs nothing of the store until derived anew."""
    outbox.handle(session, moves.pending(session, canonical_id, Move.REINSTATE))
