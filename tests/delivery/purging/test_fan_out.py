"""Rounds: what is owed is written down, sent nearest first, seen from outside, and sent once more."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate import metrics
from wetplate.delivery.purging import catalog
from wetplate.delivery.purging.fan_out import Round, fan_out
from wetplate.delivery.purging.memory import MemoryCache
from wetplate.delivery.purging.outside import addresses, seen_gone
from wetplate.delivery.purging.purger import Tier
from wetplate.delivery.purging.schedule import LONGEST, SETTLING
from wetplate.delivery.purging.tables import PurgeRow
from wetplate.errors import PurgeFailed
from wetplate.publication import moves
from wetplate.storage import outbox
from wetplate.storage.database import now, transaction
from wetplate.storage.memory import MemoryObjects

IMAGE = "ab" * 32
TAG = f"i-{IMAGE[:32]}"


class Outside:
    """Strangers who ask; `says` is the status they get."""

    def __init__(self, says: int = 410) -> None:
        self.says, self.asked = says, list[str]()

    def __call__(self, url: str) -> int:
        self.asked.append(url)
        return self.says


@pytest.fixture
def shield() -> MemoryCache:
    return MemoryCache("shield", Tier.SHIELD, "http://shield")


@pytest.fixture
def edge() -> MemoryCache:
    return MemoryCache("edge", Tier.EDGE, "http://edge")


def withdrawn(session: Session, image: str = IMAGE, topic: str = "image.withdrawn") -> None:
    outbox.append(session, topic, key=image, family="boots", version=2)


def rows(session: Session) -> dict[str, PurgeRow]:
    session.expire_all()
    return {row.target: row for row in session.scalars(select(PurgeRow))}


def test_nothing_is_owed_for_news_of_another_kind(session: Session, edge: MemoryCache) -> None:
    """A better file, that any visitor can bring about, least of all."""
    for topic in ("image.published", "image.superseded", "image.reinstated", "transform.refined"):
        withdrawn(session, topic=topic)
    edge.keep("/images/x", TAG)
    assert fan_out(session, [edge], Outside(), now()) == Round()
    assert edge.held
    assert catalog.pending(session, ["edge"], now()) == 0


def test_a_takedown_reaches_every_cache_nearest_first(
    session: Session, shield: MemoryCache, edge: MemoryCache
) -> None:
    order: list[str] = []
    for cache in (shield, edge):
        cache.keep("/images/x", TAG)
        cache.purges = Recorder(cache.name, order)
    withdrawn(session)
    told = fan_out(session, [shield, edge], Outside(), now())
    assert (told.purged, told.verified, told.refusals) == (2, 2, {})
    assert order == ["shield", "edge"]
    assert shield.held == edge.held == {}


class Recorder(list[tuple[str, ...]]):
    def __init__(self, name: str, order: list[str]) -> None:
        super().__init__()
        self.name, self.order = name, order

    def append(self, tags: tuple[str, ...]) -> None:
        self.order.append(self.name)
        super().append(tags)


def test_many_takedowns_are_one_request_to_each_cache(session: Session, edge: MemoryCache) -> None:
    for number in range(50):
        withdrawn(session, f"{number:032x}" * 2)
    assert fan_out(session, [edge], Outside(), now()).purged == 50
    assert len(edge.purges) == 1
    assert len(edge.purges[0]) == 51
    assert "m-boots" in edge.purges[0]


def test_it_is_purged_once_more_when_everything_under_way_has_arrived(
    session: Session, edge: MemoryCache
) -> None:
    began = now()
    withdrawn(session)
    fan_out(session, [edge], Outside(), began)
    edge.keep("/images/late", TAG)
    assert fan_out(session, [edge], Outside(), began + SETTLING / 2) == Round()
    told = fan_out(session, [edge], Outside(), began + SETTLING)
    assert (told.settled, edge.held) == (1, {})
    assert fan_out(session, [edge], Outside(), began + 3 * SETTLING) == Round()
    assert len(edge.purges) == 2


def test_a_cache_that_fails_is_asked_again_ever_less_often(session: Session, edge: MemoryCache) -> None:
    withdrawn(session)
    edge.down = True
    moment, waits = now(), []
    for _ in range(12):
        assert fan_out(session, [edge], Outside(), moment).refusals == {"edge": "edge is down"}
        due = catalog.next_due(session, ["edge"])
        assert due is not None
        waits.append((due - moment).total_seconds())
        moment = due
    assert waits[0] == pytest.approx(0.1)
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(300)
    edge.down = False
    assert fan_out(session, [edge], Outside(), moment).verified == 1
    assert rows(session)["edge"].error is None


def test_behind_a_shield_that_fails_an_edge_forgets_at_once_but_does_not_count(
    session: Session, shield: MemoryCache, edge: MemoryCache
) -> None:
    """It could fill up from the shield again."""
    withdrawn(session)
    edge.keep("/images/x", TAG)
    shield.down = True
    moment = now()
    told = fan_out(session, [shield, edge], Outside(), moment)
    assert (told.purged, set(told.refusals), edge.held) == (0, {"shield", "edge"}, {})
    edge.keep("/images/x", TAG)
    shield.down = False
    told = fan_out(session, [shield, edge], Outside(), moment + timedelta(seconds=1))
    assert (told.verified, told.refusals, edge.held) == (2, {}, {})


def test_a_shield_that_waits_for_its_turn_holds_the_edge_back_too(
    session: Session, shield: MemoryCache, edge: MemoryCache
) -> None:
    withdrawn(session)
    shield.down = True
    moment = now()
    fan_out(session, [shield, edge], Outside(), moment)
    owed = rows(session)
    owed["shield"].next_at, owed["edge"].next_at = moment + timedelta(hours=1), moment
    session.flush()
    shield.down = False
    told = fan_out(session, [shield, edge], Outside(), moment + timedelta(seconds=1))
    assert (told.purged, set(told.refusals)) == (0, {"edge"})


def test_it_is_verified_through_the_cache_that_was_purged(
    session: Session, objects: MemoryObjects, shield: MemoryCache, edge: MemoryCache
) -> None:
    image = images.published(session, objects)
    moves.unpublish(session, image, "test")
    moves.publish(session, image, "test")
    assert fan_out(session, [shield, edge], Outside(200), now()).verified == 2  # public again: nothing to see

    moves.take_down(session, image, "test", "privacy")
    (path,) = addresses(session, image)
    assert path.startswith(f"/images/{image}/")
    outside = Outside(200)
    moment = now()
    told = fan_out(session, [shield, edge], outside, moment)
    assert outside.asked == [f"http://shield{path}", f"http://edge{path}"]
    assert (told.purged, told.verified) == (2, 0)
    assert "still answers 200" in told.refusals["edge"]
    outside.says = 451
    told = fan_out(session, [shield, edge], outside, moment + timedelta(seconds=1))
    assert (told.purged, told.verified) == (2, 2)
    assert catalog.pending(session, ["shield", "edge"], moment) == 0


@pytest.mark.parametrize("status", [200, 304, 403, 429, 500, 503])
def test_only_gone_is_gone(status: int) -> None:
    with pytest.raises(PurgeFailed):
        seen_gone(Outside(status), "http://edge", ["/images/x"])


def test_a_cache_added_later_is_told_of_the_last_day_only(session: Session, edge: MemoryCache) -> None:
    moment = now()
    withdrawn(session, "1" * 64)
    assert fan_out(session, [edge], Outside(), moment).purged == 1
    withdrawn(session, "2" * 64)
    other = MemoryCache("other")
    assert fan_out(session, [edge, other], Outside(), moment).purged == 3
    late = MemoryCache("late")
    assert fan_out(session, [late], Outside(), moment + LONGEST + SETTLING).purged == 0


def test_what_no_cache_can_hold_any_more_is_over(session: Session, edge: MemoryCache) -> None:
    withdrawn(session)
    edge.down = True
    moment = now()
    fan_out(session, [edge], Outside(), moment)
    assert catalog.pending(session, ["edge"], moment) == 1
    assert fan_out(session, [edge], Outside(), moment + 3 * LONGEST) == Round()
    assert catalog.next_due(session, ["edge"]) is None


def test_what_is_owed_counts_before_anybody_wrote_it_down(session: Session) -> None:
    withdrawn(session)
    assert catalog.pending(session, ["edge", "shield"], now()) == 2
    assert catalog.pending(session, [], now()) == 0


def test_two_at_once_share_the_work(database: Engine, edge: MemoryCache) -> None:
    """An event somebody works on is passed by; it is not waited for and not done twice."""
    with transaction(database) as session:
        for number in range(4):
            withdrawn(session, f"{number:032x}" * 2)
    with transaction(database) as one:
        assert fan_out(one, [edge], Outside(), now()).purged == 4
        with transaction(database) as other:
            assert catalog.claim(other, ["edge"], now()) == []


def test_cut_off_anywhere_and_run_again_it_ends_the_same(
    database: Engine, shield: MemoryCache, edge: MemoryCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(database) as session:
        withdrawn(session)
    calls = [(catalog, "expect"), (catalog, "claim"), (catalog, "purged"), (catalog, "verified")]
    for where, name in calls:
        for left in (0, 1):
            with monkeypatch.context() as patch:
                patch.setattr(where, name, cut_after(left, getattr(where, name)))
                try:
                    with transaction(database) as session:
                        fan_out(session, [shield, edge], Outside(), now())
                except KeyboardInterrupt:
                    continue
    with transaction(database) as session:
        fan_out(session, [shield, edge], Outside(), now())
        assert {name: bool(row.verified_at) for name, row in rows(session).items()} == {
            "shield": True,
            "edge": True,
        }


def cut_after(left: int, call: Callable[..., object]) -> Callable[..., object]:
    """The call, until it has been made so often; then the process is gone."""
    made = [0]

    def cut(*words: object, **named: object) -> object:
        if made[0] == left:
            raise KeyboardInterrupt
        made[0] += 1
        return call(*words, **named)

    return cut


def test_purges_are_counted_by_kind_of_cache(session: Session) -> None:
    edge = MemoryCache("counted")
    edge.kind = "varnish"
    before = metrics.INVALIDATIONS.bound("varnish", "ok")._value.get()
    withdrawn(session)
    fan_out(session, [edge], Outside(), datetime.now(now().tzinfo))
    assert metrics.INVALIDATIONS.bound("varnish", "ok")._value.get() == before + 1
