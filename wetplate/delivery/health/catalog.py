"""What the catalog knows, as numbers: read from Postgres when somebody scrapes.

Here: the collector and how long an answer is good for. Not here: the questions (`questions`).

Rules:
1. Work that short processes did (deriving, judging, painting) is counted from the rows they left: a process
   that ends takes its own counters with it.
2. One reader at a time: who comes meanwhile is told nothing new rather than kept waiting.
3. Without an answer `catalog_up` is 0 and the rest is left out, so that no old number passes for a new one.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text

from wetplate.delivery.health.questions import PRESSING, WHOLE, Question
from wetplate.delivery.health.readings import CATALOG_UP
from wetplate.errors import StorageError
from wetplate.storage.database import transaction

LOG = logging.getLogger(__name__)
PATIENCE = text("SET LOCAL statement_timeout = '2s'")


class CatalogCollector(Collector):
    """Asks anew what was answered more than `pressing` or `whole` seconds ago."""

    def __init__(self, database: Engine, *, pressing: float = 5.0, whole: float = 120.0) -> None:
        self._database = database
        self._groups = {PRESSING: pressing, WHOLE: whole}
        self._known: dict[Sequence[Question], tuple[float, list[Metric]]] = {}
        self._turn = threading.Lock()

    def describe(self) -> Iterator[Metric]:
        """Registering asks for no names: that must not read the catalog."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Every family there is an answer for, and whether there was one."""
        answers = [self._answer(group, seconds) for group, seconds in self._groups.items()]
        for answer in answers:
            yield from answer or ()
        yield up(all(answer is not None for answer in answers))

    def _answer(self, group: Sequence[Question], seconds: float) -> list[Metric] | None:
        since, known = self._known.get(group, (float("-inf"), None))
        if time.monotonic() - since < seconds:
            return known
        if not self._turn.acquire(blocking=False):
            return None
        try:
            answer = self._ask(group)
        except StorageError as error:
            LOG.warning("the catalog could not be asked for its numbers: %s", error)
            return None
        finally:
            self._turn.release()
        self._known[group] = (time.monotonic(), answer)
        return answer

    def _ask(self, group: Sequence[Question]) -> list[Metric]:
        with transaction(self._database) as session:
            session.execute(PATIENCE)
            return [
                metric
                for question in group
                for metric in question.tell(session.execute(text(question.sql), question.given))
            ]


def up(answered: bool) -> Metric:
    """Whether the catalog answered."""
    return GaugeMetricFamily(CATALOG_UP.full_name, CATALOG_UP.says, int(answered))
