"""The worker processes: lent one job at a time, killed by a time-out, replaced when dead.

Here: pebble's pools, one per worker. Not here: what a worker does (`worker`), who waits (`service`).

Rules:
1. Never forked from the server: a server of its own forks the workers, so that one takes milliseconds to
   replace and inherits no connection, thread or secret of ours.
2. Each worker has a pool of its own. Workers of one pool share a pipe and its lock; whoever dies holding them
   takes the others along.
3. Whatever a worker dies of is one failed job, and the next job finds a living one.
4. That they live is not believed but asked: an idle worker is given nothing to do, and must say so.
"""

import logging
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import TimeoutError as Overdue
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

from wetplate import metrics
from wetplate.delivery.transforms import worker
from wetplate.delivery.transforms.worker import Failed, Job, Made
from wetplate.errors import TransformFailed

#: Loaded once by the fork server; a worker is a copy of it.
PRELOADED = ["__main__", worker.__name__]
JOBS = 500  # after which a worker is replaced: decoders leak
GRACE = 5.0
STARTING = 30.0
ASKING = 1.0
LOST = (BrokenProcessPool, RuntimeError, OSError)
#: What the kernel and the allocator of a decoder end a process with that may take no more memory.
STARVED = {-signal.SIGKILL, -signal.SIGABRT, -signal.SIGTRAP}

Task = TypeVar("Task")
Result = TypeVar("Result")

LOG = logging.getLogger(__name__)


class Workers:
    """`count` processes of at most `memory` bytes, each job at most `seconds` long."""

    def __init__(self, count: int, *, memory: int, seconds: int) -> None:
        self._count, self._memory, self._seconds = count, memory, seconds
        self._idle: SimpleQueue[ProcessPool] = SimpleQueue()
        self._peak = 0
        self._answered = float("-inf")

    def start(self) -> None:
        """Start all and wait until each has answered."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        pools = [self._pool() for _ in range(self._count)]
        for answer in [pool.schedule(int) for pool in pools]:
            answer.result(STARTING)
        for pool in pools:
            self._idle.put(pool)
        self._answered = monotonic()
        metrics.WORKERS.set(self._count)

    def stop(self) -> None:
        """End all; those at work are killed."""
        metrics.WORKERS.set(0)
        while True:
            try:
                _end(self._idle.get_nowait())
            except Empty:
                return

    def alive(self) -> bool:
        """Whether a worker has answered for as long as one job may take; an idle one is asked."""
        with suppress(Empty):
            pool = self._idle.get_nowait()
            try:
                pool = pool if pool.active else self._instead_of(pool)
                pool.schedule(int, timeout=ASKING).result(ASKING)
                self._answered = monotonic()
            except (*LOST, Overdue, ProcessExpired):
                LOG.warning("an idle transform worker does not answer")
            finally:
                self._idle.put(pool)
        return monotonic() - self._answered <= self._seconds + GRACE

    def make(self, job: Job) -> Made:
        """The transform, made by the next idle worker. Raises TransformFailed."""
        made = self.run(worker.make, job)
        self._peak = max(self._peak, made.peak)
        metrics.PEAK_MEMORY.set(self._peak)
        return made

    def run(self, work: Callable[[Task], Result | Failed], task: Task) -> Result:
        """What `work`, a function of a module, gives for the task, in the next idle worker.

        Raises TransformFailed.
        """
        pool = self._idle.get()
        try:
            pool = pool if pool.active else self._instead_of(pool)
            try:
                return self._done(pool, work, task)
            except LOST:  # it died idle, unnoticed; no job was begun
                pool = self._instead_of(pool)
                return self._done(pool, work, task)
        except LOST as error:
            raise TransformFailed("internal", "the worker was lost; try again") from error
        finally:
            self._idle.put(pool)

    def _done(self, pool: ProcessPool, work: Callable[[Task], Result | Failed], task: Task) -> Result:
        future = pool.schedule(work, [task], timeout=self._seconds)
        try:
            return _outcome(future.result(self._seconds + GRACE))
        except Overdue:
            if not future.done():  # not even the pool answers: the next job gets another one
                pool.stop()  # type: ignore[no-untyped-call]
            raise _overdue() from None
        except ProcessExpired as death:
            raise died(death.exitcode) from None
        finally:
            if future.done():  # also a death that was noticed is an answer: another worker takes the place
                self._answered = monotonic()

    def _pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=1,
            max_tasks=JOBS,
            initializer=worker.begin,
            initargs=[self._memory],
            context=multiprocessing.get_context("forkserver"),
        )

    def _instead_of(self, pool: ProcessPool) -> ProcessPool:
        _end(pool)
        return self._pool()


def _outcome(result: Result | Failed) -> Result:
    if isinstance(result, Failed):
        raise TransformFailed(result.reason, result.message)
    return result


def died(exitcode: int) -> TransformFailed:
    """What the death of a worker says about its job."""
    if exitcode == -signal.SIGXCPU:
        return _overdue()
    if exitcode in STARVED:
        return TransformFailed("oom", "this picture needs more memory than a transform may take")
    return TransformFailed("internal", f"the decoder broke down (exit {exitcode})")


def _overdue() -> TransformFailed:
    return TransformFailed("timeout", "transforming this picture took too long; export it smaller or plainer")


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()
