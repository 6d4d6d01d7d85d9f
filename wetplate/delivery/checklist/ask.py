"""All six questions of one family, asked. Reads rows and objects, and visits an address as a stranger."""

from collections.abc import Sequence

import httpx
from sqlalchemy.orm import Session

from wetplate.delivery.checklist import outside, rows
from wetplate.delivery.checklist.answers import Answer, Evidence
from wetplate.delivery.probe import catalog
from wetplate.delivery.probe.visit import PATIENCE, visit
from wetplate.storage.objects import Objects

FILES = 12  # asked for twice each
CANONICAL = (rows.recorded, rows.refused)
MODERATED = (rows.judged, rows.approved, rows.ambiguous, rows.hooks, rows.owed)


def ask(
    session: Session,
    objects: Objects,
    family: str,
    *,
    url: str,
    origin: str,
    purgers: Sequence[str] = (),
    count: int = FILES,
    transport: httpx.BaseTransport | None = None,
) -> list[Answer]:
    """The six answers. `url` is where strangers come, `origin` where the numbers are told."""
    gone = catalog.gone(session, family)
    report = visit(url, family, count=count, gone=gone, transport=transport)
    hidden = rows.unpublished(session, family)
    with httpx.Client(timeout=PATIENCE, transport=transport) as client:
        shut = outside.closed(url, hidden, lambda path: _get(client, url + path))
        numbers = outside.measured(origin, _get(client, f"{origin}/metrics"))
    public = rows.public(session, family)
    moderated = [look(session, family) for look in MODERATED]
    asked: Sequence[Sequence[Evidence | None]] = (
        [*(look(session, family) for look in CANONICAL), rows.immutable(session, objects, family)],
        [rows.sizes(session, family), outside.derivatives(report), outside.transforms(report)],
        [outside.addresses(report), outside.variants(report)],
        [*moderated, outside.purgers(purgers, report), outside.gone(report)],
        [outside.forged(report), outside.listed(report, public), shut],
        numbers,
    )
    return [Answer(number, [each for each in pieces if each]) for number, pieces in enumerate(asked, 1)]


def _get(client: httpx.Client, url: str) -> tuple[int, str] | None:
    try:
        answer = client.get(url)
    except httpx.HTTPError:
        return None
    return answer.status_code, answer.text
