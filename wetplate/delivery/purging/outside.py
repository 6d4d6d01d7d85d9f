"""Whether a purge worked, asked as a stranger would ask.

Here: which addresses to ask for, and reading the answers. Not here: what follows (`fan_out`).

Rules:
1. Asked through the very cache that was purged, by an address it would have kept: no query, no special
   header, nothing that would miss on purpose.
2. Only 404, 410 and 451 say that it is gone. An error says nothing.
"""

from collections.abc import Callable, Iterator, Sequence

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.delivery import urls
from wetplate.delivery.urls import OnDemand, Published
from wetplate.derivatives.tables import DerivativeRow, TransformRow
from wetplate.derivatives.transform import read
from wetplate.errors import PurgeFailed
from wetplate.publication.states import State
from wetplate.publication.tables import PublicationRow

GONE = (404, 410, 451)
PATIENCE = 5.0
Ask = Callable[[str], int]


def asker() -> Ask:
    """Asks for an address and gives the status. Raises PurgeFailed when nobody answers."""
    limits = httpx.Limits(max_keepalive_connections=0)
    client = httpx.Client(timeout=PATIENCE, limits=limits, follow_redirects=False, trust_env=False)

    def ask(url: str) -> int:
        try:
            return client.head(url).status_code
        except httpx.HTTPError as error:
            raise PurgeFailed(f"nobody answers at {url}: {type(error).__name__}") from error

    return ask


def public(session: Session, image: str) -> bool:
    """Whether the image may be had again: then there is nothing to be seen gone."""
    state = session.scalar(select(PublicationRow.state).where(PublicationRow.canonical_id == image))
    return state is not None and State(state).public


def addresses(session: Session, image: str) -> list[str]:
    """Paths under which strangers may have had the image: the newest file of each kind."""
    return [urls.write(address) for address in _addresses(session, image)]


def seen_gone(ask: Ask, front: str, paths: Sequence[str]) -> None:
    """Return if every path is gone behind this front. Raises PurgeFailed."""
    for path in paths:
        status = ask(front + path)
        if status not in GONE:
            raise PurgeFailed(f"{front}{path[:24]}... still answers {status}")


def _addresses(session: Session, image: str) -> Iterator[Published | OnDemand]:
    ahead = select(DerivativeRow.name).where(DerivativeRow.canonical_id == image)
    if name := session.scalar(ahead.order_by(DerivativeRow.id.desc()).limit(1)):
        yield Published(image, name)
    asked_for = select(TransformRow.version, TransformRow.transform).where(TransformRow.canonical_id == image)
    if row := session.execute(asked_for.order_by(TransformRow.id.desc()).limit(1)).first():
        yield OnDemand(image, row.version, read(row.transform))
