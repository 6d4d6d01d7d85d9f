"""Transforms while somebody waits: the one door that the origin knocks at.

Here: the value that comes back, and who waits for whom inside this process. Not here: processes (`workers`),
what happens in one (`worker`), how much anybody may ask for (`throttles`), what is kept (`making`).

Rules:
1. What stands is handed out before anything is made, the production file before the fast one.
2. Everybody in this process who wants the same file waits for one piece of work; a client that leaves takes
   nothing with it.
3. Only work that nobody has started counts against a client, and waits in a queue with an end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Engine

from wetplate.derivatives.transform import Transform
from wetplate.settings import Serving
from wetplate.storage.objects import Objects


@dataclass(frozen=True)
class Rendered:
    """A finished file and how it came about; `seconds` per stage, for Server-Timing and metrics."""

    body: bytes
    media_type: str
    sha256: str
    tier: Literal["fast", "production"]
    width: int
    height: int
    seconds: Mapping[str, float] = field(default_factory=dict)
    cache: Literal["hit", "miss", "coalesced"] = "hit"


class Transforms:
    """Makes transforms, or hands out what stands. `start` before, `stop` after; one per process."""

    def __init__(self, database: Engine, objects: Objects, serving: Serving) -> None:
        self._database, self._objects, self._serving = database, objects, serving

    async def start(self) -> None:
        """Start the workers and wait until one answers."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Let running work end, refuse new work, end the workers."""
        raise NotImplementedError

    def alive(self) -> bool:
        """Whether work can be taken: for `/readyz`."""
        raise NotImplementedError

    async def rendered(
        self,
        image: str,
        family: str,
        version: int,
        transform: Transform,
        *,
        client: str = "",
        store: bool = True,
    ) -> Rendered:
        """The transform of the image at this security version.

        `client` is who is throttled (`clients.client`); empty: nobody. `store=False` (signed addresses) makes
        the file without looking at what stands, and keeps nothing.

        Raises Busy, TransformFailed, ImageGone, NotServed, ImageUnknown, ObjectMissing, DatabaseUnavailable.
        """
        raise NotImplementedError
