"""The throttle, on a real Postgres."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from wetplate.generation import budget
from wetplate.generation.tables import BudgetRow
from wetplate.recipes.family import Budget
from wetplate.storage.database import now, transaction

TEN = Budget(images_per_day=10, device_seconds_per_day=2)


def test_grants_until_nothing_is_left(session: Session) -> None:
    assert [budget.grant(session, "clogs", 4, TEN) for _ in range(4)] == [4, 4, 2, 0]
    assert budget.left(session, "clogs", TEN).images == 0
    assert budget.grant(session, "boots", 4, TEN) == 4


def test_nothing_wanted_or_no_budget_grants_nothing(session: Session) -> None:
    assert budget.grant(session, "clogs", 0, TEN) == 0
    assert budget.grant(session, "clogs", 5, Budget(0, 5)) == 0
    assert budget.left(session, "clogs", TEN).images == 10


def test_device_time_stops_the_grants(session: Session) -> None:
    budget.spend(session, "clogs", 1999)
    assert budget.grant(session, "clogs", 1, TEN) == 1
    budget.spend(session, "clogs", 1)
    assert budget.grant(session, "clogs", 1, TEN) == 0
    assert "device time is spent" in budget.left(session, "clogs", TEN).message(3)


def test_the_message_says_what_is_spent_and_how_many_wait(session: Session) -> None:
    budget.grant(session, "clogs", 10, TEN)
    said = budget.left(session, "clogs", TEN).message(3)
    assert said.startswith("3 recipes wait")
    assert "images is spent" in said
    assert "2 images are left" in budget.Left(2, 100).message(1)


def test_what_was_not_painted_can_be_given_back(session: Session) -> None:
    budget.grant(session, "clogs", 10, TEN)
    budget.give_back(session, "clogs", 3)
    assert budget.grant(session, "clogs", 10, TEN) == 3
    budget.give_back(session, "clogs", 99)
    assert budget.left(session, "clogs", TEN).images == 10


def test_reservations_of_a_dead_run_lapse(session: Session) -> None:
    budget.grant(session, "clogs", 10, TEN)
    assert budget.grant(session, "clogs", 1, TEN) == 0
    session.execute(update(BudgetRow).values(granted_at=now() - budget.LEASE - timedelta(seconds=1)))
    assert budget.grant(session, "clogs", 10, TEN) == 10


def test_a_new_day_is_a_new_budget(session: Session) -> None:
    budget.grant(session, "clogs", 10, TEN)
    session.flush()
    session.execute(update(BudgetRow).values(day=now().date() - timedelta(days=1)))
    session.expire_all()
    assert budget.grant(session, "clogs", 10, TEN) == 10


def test_two_runs_never_share_a_grant(database: Engine) -> None:
    def one(_: int) -> int:
        with transaction(database) as session:
            return budget.grant(session, "clogs", 3, TEN)

    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(one, range(16)))
    assert sum(granted) == 10
    assert sorted(granted, reverse=True)[:4] == [3, 3, 3, 1]
