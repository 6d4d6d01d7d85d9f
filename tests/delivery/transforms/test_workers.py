"""The workers: whether they live is what they say when asked."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from wetplate.delivery.transforms import workers as module
from wetplate.delivery.transforms.workers import Workers


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    """One worker of its own, from whom an answer is expected within moments."""
    monkeypatch.setattr(module, "GRACE", 0.05)
    monkeypatch.setattr(module, "ASKING", 5.0)
    made = Workers(1, memory=512 * 2**20, seconds=0)
    made.start()
    yield made
    made.stop()


def process(workers: Workers) -> int:
    """The process id of an idle worker."""
    pool = workers._idle.get()
    workers._idle.put(pool)
    return pool.schedule(os.getpid).result(5)


def test_a_worker_that_hangs_is_not_alive_until_it_answers(
    one: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert one.alive()
    monkeypatch.setattr(module, "ASKING", 0.1)
    hanging = process(one)
    os.kill(hanging, signal.SIGSTOP)
    try:
        assert not one.alive()
    finally:
        os.kill(hanging, signal.SIGCONT)
    monkeypatch.setattr(module, "ASKING", 5.0)
    assert one.alive()


def test_a_pool_that_died_idle_is_replaced_by_asking(one: Workers) -> None:
    pool = one._idle.get()
    one._idle.put(pool)
    before = process(one)
    pool.stop()
    assert one.alive()
    assert process(one) != before


def test_workers_that_never_started_or_all_work_too_long_are_not_alive(one: Workers) -> None:
    assert not Workers(1, memory=2**29, seconds=9).alive()
    busy = one._idle.get()
    time.sleep(0.06)
    assert not one.alive()
    one._idle.put(busy)
