"""One piece of work, from the catalog to the kept file. Runs in a thread, opens the transaction it needs.

Here: the order of things. Not here: who waits for it (`service`), the processes (`workers`), the rows
(`derivatives.ondemand`).

Rules:
1. One process at a time, whatever the host: an advisory lock, waited for as long as a transform may take, in
   a transaction that ends with the work; then what stands is looked up again.
2. The gate (public, at this version, approved) is asked under the image's own lock, right before anything
   is kept. What is refused there goes to nobody.
3. Signed addresses read the same picture and leave nothing behind: no row, no object, no event. What waits
   for a review may pass; what is rejected, or taken down meanwhile, goes to nobody.
"""

from collections.abc import Callable
from functools import cache
from math import ceil
from time import perf_counter

from sqlalchemy import Engine, Select, bindparam, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from wetplate import metrics
from wetplate.canonical.catalog import alone
from wetplate.canonical.gate import approved_image, rejected_image
from wetplate.canonical.tables import CanonicalRow
from wetplate.delivery.standing import NOT_THERE, Standing
from wetplate.delivery.transforms.rendered import Rendered, Tier
from wetplate.delivery.transforms.worker import Job, Made
from wetplate.derivatives import ondemand, tiers
from wetplate.derivatives.asked import Asked, Finished, Source
from wetplate.derivatives.drawing import size_of
from wetplate.derivatives.tables import TransformRow
from wetplate.errors import Busy, NotServed, ObjectMissing, StoreUnfaithful
from wetplate.imaging.formats import MEDIA_TYPES
from wetplate.imaging.lending import lent
from wetplate.provenance.metadata import xmp_packet
from wetplate.publication.states import State
from wetplate.publication.tables import PublicationRow
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects, sha256

LOCK_NOT_AVAILABLE = "55P03"


class Making:
    """Looks up and makes, for one process; `make` is how a worker is asked."""

    def __init__(
        self, database: Engine, objects: Objects, make: Callable[[Job], Made], *, seconds: float
    ) -> None:
        self._database, self._objects, self._make, self._seconds = database, objects, make, seconds

    def standing(self, asked: Asked) -> Rendered | None:
        """What stands already, if anything does."""
        with transaction(self._database) as session:
            row = ondemand.find(session, asked)
        return None if row is None else self._read(row)

    def kept(self, asked: Asked) -> Rendered:
        """The file, made and kept unless another process did meanwhile. Raises as `rendered`."""
        with transaction(self._database) as session:
            self._wait_for_others(session, asked)
            row = ondemand.find(session, asked)
            if row is not None and (found := self._read(row)) is not None:
                return found
            made, seconds = self._made(asked, ondemand.source(session, asked.image))
            alone(session, f"derive {asked.image}")
            admit(session, asked)
            if row is not None:
                ondemand.forget(session, row)
            ondemand.keep(session, self._objects, asked, made)
        return _fresh(asked, made, seconds)

    def passing(self, asked: Asked) -> Rendered:
        """The file, made for this answer only."""
        with transaction(self._database) as session:
            source = ondemand.source(session, asked.image)
        made, seconds = self._made(asked, source)
        with transaction(self._database) as session:
            admit(session, asked, signed=True)
        return _fresh(asked, made, seconds)

    def _wait_for_others(self, session: Session, asked: Asked) -> None:
        try:
            ondemand.wait_alone(session, asked.lock, int(self._seconds * 1000))
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            raise Busy(
                "queue_full", "another server is still making this; ask again", retry_after=1
            ) from error

    def _read(self, row: TransformRow) -> Rendered | None:
        """The row's file; None where its object is gone: then it is made again. Raises StoreUnfaithful."""
        began = perf_counter()
        try:
            body = self._objects.get(row.key)
        except ObjectMissing:
            return None
        _same(body, row.sha256)
        seconds = {"store": perf_counter() - began}
        tier: Tier = "production" if row.tier == tiers.PRODUCTION else "fast"
        return Rendered(body, MEDIA_TYPES[row.format], row.sha256, tier, row.width, row.height, seconds)

    def _made(self, asked: Asked, source: Source) -> tuple[Finished, dict[str, float]]:
        began = perf_counter()
        try:
            body = self._objects.get(source.key)
        except ObjectMissing as error:
            raise StoreUnfaithful("missing", "the picture that should stand in the store does not") from error
        _same(body, asked.image)
        fetched = perf_counter() - began
        metrics.SOURCE_SECONDS.observe(fetched)
        width, _ = size_of(asked.transform, source.width, source.height)
        encoding = tiers.fast(asked.transform, width)
        with lent(body) as file:
            job = Job(file, asked.transform, encoding, xmp_packet(source.source_type), ceil(self._seconds))
            made = self._make(job)
        finished = Finished(made.body, made.sha256, made.width, made.height, encoding.quality)
        return finished, {"store": fetched, **made.seconds}


def _same(body: bytes, digest: str) -> None:
    """Return if these are the bytes that were put there: no others are decoded or handed out."""
    if sha256(body) != digest:
        raise StoreUnfaithful("altered", "the store holds other bytes than were put there")


def admit(session: Session, asked: Asked, *, signed: bool = False) -> None:
    """Return if the image may be shown at this version now. Raises ImageGone, NotServed."""
    found = session.execute(_stands(), {"image": asked.image}).one_or_none()
    if found is None:
        raise NotServed(NOT_THERE)
    state, version, approved, rejected = found
    if rejected or not (approved or signed):
        raise NotServed(NOT_THERE)
    stands = Standing(asked.image, asked.family, State(state or State.DRAFT), version or 1)
    stands.admit(asked.version, signed=signed)


@cache  # building this query costs more than sending it
def _stands() -> Select[str | None, int | None, bool, bool]:
    columns = (PublicationRow.state, PublicationRow.version, approved_image(), rejected_image())
    publication = PublicationRow.canonical_id == CanonicalRow.id
    image = CanonicalRow.id == bindparam("image")
    return select(*columns).select_from(CanonicalRow).outerjoin(PublicationRow, publication).where(image)


def _fresh(asked: Asked, made: Finished, seconds: dict[str, float]) -> Rendered:
    media_type = MEDIA_TYPES[asked.transform.format]
    return Rendered(made.body, media_type, made.sha256, "fast", made.width, made.height, seconds, "miss")
