"""What the routes of the origin share: what is known, what is kept, where bytes come from.

Here: the parts, put together, and what news does to them. Not here: any route, any header.

Rules:
1. A route asks `standing` first, gets its bytes, and hands them out only if the image stands as it did
   (`unchanged`): a takedown in between wins.
2. `keep` is called right after `unchanged`, without waiting for anything in between: nothing can enter the
   memory behind the back of the news.
3. Where an image stands is asked over connections that are `reserved` for it: no number of pages, manifests
   and transforms keeps a picture waiting for one.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from wetplate import metrics
from wetplate.delivery import standing
from wetplate.delivery.ledger import Ledger
from wetplate.delivery.memory import Memory
from wetplate.delivery.news import News, Story
from wetplate.delivery.origin.answers import Answer
from wetplate.delivery.origin.bodies import Bodies
from wetplate.delivery.signing import KeyRing
from wetplate.delivery.standing import Standing
from wetplate.delivery.tracing.spans import span
from wetplate.delivery.transforms.clients import trusted
from wetplate.delivery.transforms.service import Transforms
from wetplate.derivatives.ondemand import REFINED
from wetplate.publication.states import TOPIC, Move
from wetplate.settings import Serving
from wetplate.storage.database import engine, transaction
from wetplate.storage.objects import Objects

FETCHERS = 16
TRIES = 3
PUBLISHED = TOPIC[Move.PUBLISH]


class Service:
    """One origin process; `start` before the first request, `stop` after the last."""

    def __init__(self, database: Engine, objects: Objects, serving: Serving, ring: KeyRing) -> None:
        self.database, self.objects, self.serving, self.ring = database, objects, serving, ring
        self.reserved = engine(database.url.render_as_string(hide_password=False))
        self.proxies = trusted(serving.trusted_proxies)
        self.readers = ThreadPoolExecutor(1, "standing")
        self.threads = ThreadPoolExecutor(FETCHERS, "fetch")
        self.memory: Memory[Answer] = Memory(serving.memory_bytes)
        self.ledger = Ledger(self._read, self.readers)
        self.news = News(database, self.told, self.void, staleness=serving.staleness)
        self.bodies = Bodies(objects, self.threads)
        self.transforms = Transforms(database, objects, serving)
        self._families: dict[str, int] = {}
        self._voids = 0
        self._hit, self._miss = (metrics.CACHE_REQUESTS.bound("memory", each) for each in ("hit", "miss"))

    async def start(self) -> None:
        """Follow the news and start the workers."""
        await self.transforms.start()
        await self.news.start()

    async def stop(self) -> None:
        """Let go of everything."""
        await self.news.stop()
        await self.transforms.stop()
        await asyncio.to_thread(self.threads.shutdown, cancel_futures=True)
        self.readers.shutdown(cancel_futures=True)
        self.reserved.dispose()

    async def standing(self, image: str) -> Standing:
        """Where the image stands. Raises NewsStale, NotServed, Busy, StorageError."""
        self.news.require_fresh()
        with span("standing"):
            return await self.ledger.of(image)

    def unchanged(self, seen: Standing) -> bool:
        """Whether nothing was heard of the image since this standing was given."""
        return self.ledger.known(seen.image) is seen and self.news.fresh()

    def edition(self, family: str) -> tuple[int, int]:
        """Changes whenever something of the family may have been taken from the public."""
        return self._voids, self._families.get(family, 0)

    def kept(self, key: bytes, now: float) -> Answer | None:
        """What memory holds for this key, while news are fresh; counted."""
        found = self.memory.get(key, now) if self.news.fresh() else None
        (self._hit if found else self._miss).inc()
        return found

    def missed(self) -> None:
        """Memory was asked in vain, by the front."""
        self._miss.inc()

    def keep(self, key: bytes, answer: Answer, about: str) -> bool:
        """Keep an answer in memory."""
        return self.memory.put(key, answer, about)

    def told(self, story: Story) -> None:
        """Something happened to an image: nothing that was known of it holds any longer."""
        moved = story.topic.startswith("image.")
        if moved or story.topic == REFINED:
            self.ledger.forget(story.key)
            self.memory.forget(story.key)
        if moved:
            self.memory.forget(about_family(story.family))
            if story.topic != PUBLISHED:
                self._families[story.family] = story.id

    def void(self) -> None:
        """Nothing that is known can be trusted."""
        self.ledger.clear()
        self.memory.clear()
        self._voids += 1

    def _read(self, images: Sequence[str]) -> dict[str, Standing]:
        with transaction(self.reserved) as session:
            return standing.read(session, images)


def about_family(family: str) -> str:
    """What answers about a whole family are kept under."""
    return f"f-{family}"
