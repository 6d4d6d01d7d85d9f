"""Where an image stands towards the public, and what of it may be handed out.

Here: the value with its decisions, and reading it from the catalog, many images at once. Not here: keeping it
(`ledger`), hearing of changes (`news`), bytes (`origin.bodies`).

Rules:
1. A withdrawn image is gone, whoever asks with whatever signature; so is every address of an older security
   version and every name that was withdrawn, also after the image came back.
2. A draft and a hidden image are not there: strangers are told nothing more. A signature opens their
   transforms, and nothing else.
3. A superseded image stays served: old addresses still get it.
4. What is withdrawn while a notice is decided is not there for anybody, whatever signature he holds.
5. Only files in force are handed out; of transforms, those of the present security version.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow, TransformRow
from wetplate.errors import ImageGone, NotServed
from wetplate.publication.states import Move, State
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.similarity.blocklist import Kind
from wetplate.similarity.tables import BlockRow

LEGAL = "court-order"  # of the reasons in `states.REASONS`
NOT_THERE = "nothing public stands under this address"


@dataclass(frozen=True, slots=True)
class File:
    """One file in force, as its row describes it; `manifest_key` names its side-car, where one stands."""

    name: str
    key: str
    manifest_key: str | None
    sha256: str
    bytes: int
    format: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one image stands; `version` is its security version, `gone` the names that were withdrawn.

    `barred`: blocked, for a notice.
    """

    image: str
    family: str
    state: State
    version: int
    legal: bool = False
    barred: bool = False
    files: Mapping[str, File] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    @property
    def weight(self) -> int:
        """How much of the memory for standings this one takes."""
        return 1 + len(self.files) + len(self.gone)

    def published(self, name: str) -> File:
        """The file of this name, if strangers may have it. Raises ImageGone, NotServed."""
        if self.state == State.WITHDRAWN or (name in self.gone and name not in self.files):
            raise self._gone()
        found = self.files.get(name) if self.state.public and not self.barred else None
        if found is None:
            raise NotServed(NOT_THERE)
        return found

    def admit(self, version: int, *, signed: bool = False) -> None:
        """Return if an address of this security version may be answered. Raises ImageGone, NotServed."""
        if self.state == State.WITHDRAWN or version < self.version:
            raise self._gone()
        if version > self.version or self.barred or not (signed or self.state.public):
            raise NotServed(NOT_THERE)

    def _gone(self) -> ImageGone:
        return ImageGone("this image was taken down", legal=self.legal)


def read(session: Session, images: Sequence[str]) -> dict[str, Standing]:
    """Where these images stand; what the catalog does not know is left out."""
    rows = session.execute(_stands(images)).all()
    files = _files(session, {row.id: row.version or 1 for row in rows})
    taken = [row.id for row in rows if (row.version or 1) > 1]  # only a takedown raises the version
    gone, legal, barred = _gone(session, taken), _legal(session, taken), _barred(session, images)
    return {
        row.id: Standing(
            image=row.id,
            family=row.family,
            state=State(row.state or State.DRAFT),
            version=row.version or 1,
            legal=row.id in legal,
            barred=row.id in barred,
            files=files[row.id],
            gone=frozenset(gone.get(row.id, ())),
        )
        for row in rows
    }


def _stands(images: Sequence[str]) -> Select[Any, Any, Any, Any]:
    columns = (CanonicalRow.id, CanonicalRow.family, PublicationRow.state, PublicationRow.version)
    publication = PublicationRow.canonical_id == CanonicalRow.id
    return select(*columns).outerjoin(PublicationRow, publication).where(CanonicalRow.id.in_(images))


def _files(session: Session, versions: Mapping[str, int]) -> dict[str, dict[str, File]]:
    """Per image, its files in force by name; of transforms, those of its version."""
    found: dict[str, dict[str, File]] = {image: {} for image in versions}
    for row in session.execute(_in_force(DerivativeRow, versions)):
        found[row.canonical_id].setdefault(row.name, _file(row))
    current = TransformRow.superseded_at.is_(None)
    for row in session.execute(_in_force(TransformRow, versions, TransformRow.version).where(current)):
        if row.version == versions[row.canonical_id]:
            found[row.canonical_id].setdefault(row.name, _file(row))
    return found


def _in_force(table: Any, images: Iterable[str], *more: Any) -> Select[Any]:
    columns = (
        *(table.canonical_id, table.name, table.key, table.manifest_key, table.sha256, table.bytes),
        *(table.format, table.width, table.height),
    )
    return select(*columns, *more).where(table.canonical_id.in_(images), table.withdrawn_at.is_(None))


def _file(row: Any) -> File:
    described = (row.name, row.key, row.manifest_key, row.sha256, row.bytes)
    return File(*described, row.format, row.width, row.height)


def _gone(session: Session, images: Sequence[str]) -> dict[str, set[str]]:
    """Per image, the names that were withdrawn."""
    found: dict[str, set[str]] = defaultdict(set)
    for table in (DerivativeRow, TransformRow) if images else ():
        names = select(table.canonical_id, table.name).distinct()
        withdrawn = table.canonical_id.in_(images), table.withdrawn_at.is_not(None)
        for image, name in session.execute(names.where(*withdrawn)):
            found[image].add(name)
    return found


def _barred(session: Session, images: Sequence[str]) -> set[str]:
    """Those of the images that are blocked."""
    blocked = BlockRow.kind == Kind.OBJECT, BlockRow.value.in_(images), BlockRow.lifted_at.is_(None)
    return set(session.scalars(select(BlockRow.value).where(*blocked)))


def _legal(session: Session, images: Sequence[str]) -> set[str]:
    """Those of the images whose newest takedown a court or an authority ordered."""
    newest = (
        select(MoveRow.stream, MoveRow.reason)
        .where(MoveRow.stream.in_(images), MoveRow.move == Move.TAKE_DOWN)
        .order_by(MoveRow.stream, MoveRow.position.desc())
        .ext(distinct_on(MoveRow.stream))
    )
    rows = session.execute(newest).all() if images else ()
    return {row.stream for row in rows if by_law(row.reason)}


def by_law(reason: str) -> bool:
    """Whether this reason of a takedown says that a court or an authority ordered it."""
    return reason.split(":")[0] == LEGAL
