"""One round of purging: what is owed is written down, sent to every cache, and looked at from outside.

Here: the order of a round. Not here: rows (`catalog`), when again (`schedule`), who starts a round (`relay`,
the commands, the pipeline).

Rules:
1. Nearest to the origin first, and a cache only counts as purged when all before it are: it could have filled
   up from them. Those behind a cache that fails are purged all the same, and again later.
2. The origin's tombstone is in effect when a round begins: it hears of the same commit. Where it is late, the
   marks of our VCL, the look from outside and the second purge (`catalog`) catch what slipped through.
3. A round can be cut off at any line and run again: caches forget twice, rows change once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy.orm import Session

from wetplate import metrics
from wetplate.delivery.purging import catalog, outside
from wetplate.delivery.purging.catalog import Owed
from wetplate.delivery.purging.outside import Ask
from wetplate.delivery.purging.purger import Purger
from wetplate.delivery.purging.targets import named
from wetplate.errors import PurgeFailed


@dataclass
class Round:
    """What one round did, in purges (an event towards a cache), and what each cache refused last."""

    purged: int = 0
    verified: int = 0
    settled: int = 0
    refusals: dict[str, str] = field(default_factory=dict)

    @property
    def progress(self) -> int:
        """How much came on."""
        return self.purged + self.verified + self.settled

    def __str__(self) -> str:
        done = f"{self.purged} purged, {self.verified} verified, {self.settled} settled"
        return "; ".join([done, *(f"{name}: {why}" for name, why in self.refusals.items())])


def fan_out(session: Session, purgers: Sequence[Purger], ask: Ask, now: datetime) -> Round:
    """One round for everything that is due; `purgers` nearest first, `ask` as of `outside.asker`."""
    catalog.lapse(session, now)
    catalog.expect(session, named(purgers), now)
    owed = catalog.claim(session, named(purgers), now)
    fan = _Fan(session, ask, now)
    held: set[int] = set()  # events that a nearer cache may still hand out
    for _, tier in groupby(purgers, key=attrgetter("tier")):
        rows = [(purger, [each for each in owed if each.row.target == purger.name]) for purger in tier]
        for purger, open_rows in rows:
            fan.through(purger, [each for each in open_rows if each.row.next_at <= now], held)
        held |= {each.row.event_id for _, some in rows for each in some if each.row.purged_at is None}
    return fan.told


@dataclass(frozen=True)
class _Fan:
    session: Session
    ask: Ask
    now: datetime
    told: Round = field(default_factory=Round)

    def through(self, purger: Purger, due: Sequence[Owed], held: Collection[int]) -> None:
        """Have one cache forget all of this."""
        refusal = _refusal(purger, due)
        for each in due:
            if refusal is not None:
                self._again(purger, each, "failed", refusal)
            elif each.row.event_id in held:
                self._again(purger, each, "failed", "a cache before it may still hand it out")
            else:
                self._confirmed(purger, each)

    def _confirmed(self, purger: Purger, each: Owed) -> None:
        metrics.INVALIDATIONS.bound(purger.kind, "retried" if each.row.attempts else "ok").inc()
        catalog.purged(each.row, self.now)
        if each.row.settled_at is not None:
            self.told.settled += 1
            return
        self.told.purged += 1
        try:
            self._look(purger, each)
        except PurgeFailed as doubt:
            self._again(purger, each, "unverified", str(doubt))
        else:
            catalog.verified(each.row, self.now)
            self.told.verified += 1

    def _look(self, purger: Purger, each: Owed) -> None:
        """Return if the image is seen to be gone, or need not be, or cannot be. Raises PurgeFailed."""
        if purger.url is not None and not outside.public(self.session, each.image):
            outside.seen_gone(self.ask, purger.url, outside.addresses(self.session, each.image))

    def _again(self, purger: Purger, each: Owed, result: str, why: str) -> None:
        metrics.INVALIDATIONS.bound(purger.kind, result).inc()
        catalog.refused(each.row, why, self.now, failed=result == "failed")
        self.told.refusals[purger.name] = why


def _refusal(purger: Purger, due: Sequence[Owed]) -> str | None:
    """What the cache says against forgetting all of this in one go; None: it is done."""
    if not due:
        return None
    try:
        purger.purge(list(dict.fromkeys(tag for each in due for tag in each.tags)))
    except PurgeFailed as refusal:
        return str(refusal)
    return None
