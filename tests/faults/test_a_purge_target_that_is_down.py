"""A cache that is down for an hour: the notice stays executed, purges are tried again, then it is verified.

The hour passes by the moments that a round is told, as the relay would come to them.
"""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.faults.rooms import ME, Complaining
from tests.faults.strangers import stranger
from wetplate.delivery.notices.carrying_out import carry_out
from wetplate.delivery.purging import catalog as purges
from wetplate.delivery.purging.fan_out import fan_out
from wetplate.delivery.purging.schedule import SLOWEST
from wetplate.delivery.purging.tables import PurgeRow
from wetplate.publication.notices import catalog, execute
from wetplate.storage.database import clock, transaction
from wetplate.storage.memory import MemoryObjects

HOUR = timedelta(hours=1)


def state(room: Complaining) -> str:
    with transaction(room.database) as session:
        return catalog.find(session, room.notice).state


def test_down_for_an_hour(database: Engine, objects: MemoryObjects, tmp_path: Path) -> None:
    room = Complaining(database, objects, tmp_path)
    room.cache.down = True
    room.filed()
    room.do(execute.uphold, room.notice, ME)
    assert "still owed" in carry_out(room.reach(), room.notice, ME).left
    assert state(room) == "executed"
    with transaction(database) as session:
        began = clock(session)
    with stranger(database, objects) as outside:
        assert outside.nothing_leaks() == 0  # whoever asks the origin gets nothing, whatever a cache holds
    tries = hour(room, began)
    assert HOUR.total_seconds() / SLOWEST <= tries < 80  # of two events, each ever less often
    assert state(room) == "executed"
    room.cache.down = False
    with transaction(database) as session:
        told = fan_out(session, [room.cache], room.reach().ask, began + HOUR + timedelta(seconds=SLOWEST))
        assert (told.verified, told.refusals) == (2, {})
    done = carry_out(room.reach(), room.notice, ME)
    assert (done.state, done.left) == ("notified", "")
    with transaction(database) as session:
        assert all(row.verified_at for row in session.scalars(select(PurgeRow)))


def hour(room: Complaining, began: datetime) -> int:
    """Rounds at every moment at which something is due; how many there were. Nobody is told it is done."""
    tries, moment = 0, began
    while moment < began + HOUR:
        with transaction(room.database) as session:
            fan_out(session, [room.cache], room.reach().ask, moment)
            assert verified(session) == []
            moment = purges.next_due(session, [room.cache.name]) or began + HOUR
        tries += 1
    return tries


def verified(session: Session) -> list[int]:
    return list(session.scalars(select(PurgeRow.id).where(PurgeRow.verified_at.is_not(None))))
