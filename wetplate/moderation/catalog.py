"""The catalog of verdicts: their only writer.

Here: what has no verdict yet, recording judgements, reading the verdicts in force. Not here: signals
(`heard`), deciding (`judge`), judging again what was decided (`replay`), which families have to be judged
again (`rejudging`).

Rules:
1. Rows are only added. The last verdict of a recipe is in force, and only for the bytes it names.
2. A person's verdict on bytes stands: no machine overrides it for those bytes, under whatever policy.
3. Recording the same judgement twice changes nothing.
4. One verdict at a time: writers of one recipe wait for each other.
5. A machine's verdict names the signals it follows from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, literal, or_, select, text
from sqlalchemy.orm import Session, aliased

from wetplate.errors import Blocked, ImageError, ObjectMissing
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.codec import decode
from wetplate.moderation import comebacks, heard, taxonomy, worklist
from wetplate.moderation.bands import ALIKE, BLOCKLIST, EXACT
from wetplate.moderation.judge import POLICY, Judged, Pending
from wetplate.moderation.policy import Policy
from wetplate.moderation.signals import Classifier, Signal
from wetplate.moderation.tables import SignalRow, VerdictRow
from wetplate.recipes.tables import RecipeRow
from wetplate.retention import restricted
from wetplate.similarity import blocklist
from wetplate.similarity.blocklist import Kind
from wetplate.similarity.tables import FingerprintRow
from wetplate.storage import outbox
from wetplate.storage.objects import Objects, sha256


@dataclass(frozen=True)
class Unjudged:
    """A painting without a verdict under the policy: which bytes, where they lie, what was asked for.

    `blocked`: these bytes, these pixels or this recipe were taken down once; `alike`: it looks like something
    that was.
    """

    recipe_id: str
    sha256: str
    key: str
    prompt: str
    blocked: bool = False
    alike: bool = False


def unjudged(
    session: Session, family: str, policy: Policy, classifiers: Iterable[Classifier] = ()
) -> list[Unjudged]:
    """The family's current paintings that no verdict of this policy and no person has judged.

    Given the classifiers, also those that one of them, in its present revision, has not seen yet: a detector
    that was installed or changed since then judges again.
    """
    last, unseen = aliased(VerdictRow), [~seen(c.name, c.revision) for c in classifiers]
    lifted = comebacks.outdated(last)
    stale = or_(last.stream.is_(None), last.policy_sha256 != policy.sha256, lifted, *unseen)
    judged_last = and_(is_last(last), last.object_sha256 == PaintingRow.sha256)
    query = _paintings(family).outerjoin(last, judged_last).where(stale, ~by_person())
    rows = [Unjudged(*row) for row in session.execute(query)]
    alike = comebacks.alike(session, [row.sha256 for row in rows])
    return [replace(row, alike=row.sha256 in alike) for row in rows]


def unscored(session: Session, family: str, classifiers: Iterable[Classifier]) -> list[Unjudged]:
    """What persons judged and a classifier, in its present revision, has not looked at.

    The verdict stands whatever is found; a revision is calibrated on what persons decided.
    """
    unseen = [~seen(c.name, c.revision, failed=True) for c in classifiers]
    query = _paintings(family).where(or_(false(), *unseen), by_person())
    return [Unjudged(*row) for row in session.execute(query)]


def pending(objects: Objects, rows: Iterable[Unjudged]) -> list[Pending]:
    """The paintings with their pixels. Raises ObjectMissing, ImageError."""
    return [opened(objects, row) for row in rows]


def readable(objects: Objects, rows: Iterable[Unjudged]) -> tuple[list[Pending], list[str]]:
    """The paintings that can be read, and the refusals of those that cannot: one fails no other."""
    pending, unread = list[Pending](), list[str]()
    for row in rows:
        try:
            pending.append(opened(objects, row))
        except (ObjectMissing, ImageError) as refusal:
            unread.append(f"{row.recipe_id[:12]}: {refusal}")
    return pending, unread


def opened(objects: Objects, row: Unjudged) -> Pending:
    """One painting with its pixels.

    Raises ObjectMissing, and ImageError when the store holds other bytes or no picture.
    """
    body = objects.get(row.key)
    if sha256(body) != row.sha256:
        raise ImageError(f"{row.key}: the store holds other bytes than were painted; have it painted again")
    label = EXACT if row.blocked else ALIKE
    told = (Signal(BLOCKLIST, "1", label, 1.0),) if row.blocked or row.alike else ()
    return Pending(row.recipe_id, row.sha256, row.prompt, decode(body), told)


def record(session: Session, judged: Sequence[Judged], family: str) -> list[str]:
    """Add what the machine judged, and tell of it; gives the refusals.

    What was blocked since it was looked at gets nothing: the next run judges it again, and knows.
    """
    ordered = sorted(judged, key=lambda each: each.recipe_id)
    for verdict in ordered:  # all before the outbox's lock: who holds one never waits for the other
        lock(session, verdict.recipe_id)
    return [refusal for verdict in ordered if (refusal := _refused(session, verdict, family))]


def append(
    session: Session, judged: Judged, family: str, evidence: Sequence[int] | None = None
) -> VerdictRow:
    """Put a verdict in force, tell of it, and open or close the work that follows.

    `evidence` are the ids of the signals it follows from. The caller holds the recipe's lock. Raises Blocked
    for an approval of what was taken down.
    """
    comebacks.require_allowed(session, judged)
    row = VerdictRow.append(
        session,
        judged.recipe_id,
        object_sha256=judged.object_sha256,
        verdict=judged.verdict,
        decided_by=judged.decided_by,
        policy=judged.policy,
        policy_sha256=judged.policy_sha256,
        reasons=list(judged.reasons),
        evidence=None if evidence is None else list(evidence),
        slugs=list(judged.slugs),
        restricted=judged.restricted,
        audit=judged.audit,
    )
    topic = "image.judged" if judged.decided_by == POLICY else "review.decided"
    said = {"verdict": judged.verdict, "decided_by": judged.decided_by, "object_sha256": judged.object_sha256}
    outbox.append(session, topic, key=judged.recipe_id, family=family, **said)
    worklist.follow(session, judged, family)
    return row


def in_force(session: Session, family: str) -> dict[str, Judged]:
    """The verdict in force on each painting of the family, by recipe id; none on other bytes."""
    last = aliased(VerdictRow)
    query = (
        select(last)
        .join(
            PaintingRow, and_(PaintingRow.recipe_id == last.stream, PaintingRow.sha256 == last.object_sha256)
        )
        .join(RecipeRow, RecipeRow.id == last.stream)
        .where(RecipeRow.family == family, is_last(last))
        .order_by(RecipeRow.position)
    )
    rows = session.scalars(query).all()
    signals = heard.signals_of(session, [row.object_sha256 for row in rows])
    return {row.stream: as_judged(row, signals.get((row.stream, row.object_sha256), [])) for row in rows}


def lock(session: Session, recipe_id: str) -> None:
    """Wait until no other transaction writes verdicts of this recipe; held until the end of ours."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 1))"), {"id": recipe_id})


def last_verdict(session: Session, recipe_id: str) -> VerdictRow | None:
    """The recipe's last verdict, on whatever bytes."""
    query = select(VerdictRow).where(VerdictRow.stream == recipe_id).order_by(VerdictRow.position.desc())
    return session.scalars(query.limit(1)).first()


def as_judged(row: VerdictRow, signals: Sequence[Signal]) -> Judged:
    """The value of a row."""
    return Judged(
        recipe_id=row.stream,
        object_sha256=row.object_sha256,
        verdict=row.verdict,
        reasons=tuple(row.reasons),
        signals=tuple(signals),
        policy=row.policy,
        policy_sha256=row.policy_sha256,
        decided_by=row.decided_by,
        slugs=tuple(row.slugs or ()),
        sensitive=taxonomy.load().sensitive(tuple(row.slugs or ())),
        restricted=bool(row.restricted),
        audit=bool(row.audit),
    )


def is_last(row: Any) -> ColumnElement[bool]:
    """No later verdict stands in the row's stream; the row belongs to the painting where one is joined."""
    later = aliased(VerdictRow)
    return and_(
        row.stream == PaintingRow.recipe_id,
        ~exists().where(later.stream == row.stream, later.position > row.position),
    )


def seen(detector: str, revision: str, *, failed: bool = False) -> ColumnElement[bool]:
    """Whether this revision has looked at the painting; who `failed` to has not, and is asked again."""
    row = aliased(SignalRow)
    return exists().where(
        row.object_sha256 == PaintingRow.sha256,
        row.recipe_id == PaintingRow.recipe_id,
        row.detector == detector,
        row.revision == revision,
        or_(row.error.is_(None), literal(failed)),
    )


def by_person() -> ColumnElement[bool]:
    """Whether a person ever decided on the painting's bytes: a condition for queries."""
    row = aliased(VerdictRow)
    return exists().where(
        row.stream == PaintingRow.recipe_id,
        row.object_sha256 == PaintingRow.sha256,
        row.decided_by != POLICY,
    )


def _paintings(family: str) -> Select[Any, Any, Any, Any, Any]:
    """The family's current paintings, as `Unjudged` takes them."""
    pixels = aliased(FingerprintRow)
    known = blocklist.blocked(Kind.PIXELS, pixels.pixel_sha256)
    blocked = or_(
        blocklist.blocked(Kind.RECIPE, PaintingRow.recipe_id),
        blocklist.blocked(Kind.OBJECT, PaintingRow.sha256),
        exists().where(pixels.object_sha256 == PaintingRow.sha256, known),
    )
    said = (PaintingRow.recipe_id, PaintingRow.sha256, PaintingRow.key, RecipeRow.body["prompt"].astext)
    return (
        select(*said, blocked)
        .join(RecipeRow, RecipeRow.id == PaintingRow.recipe_id)
        .where(RecipeRow.family == family, RecipeRow.current, ~restricted.apart(PaintingRow.key))
        .order_by(RecipeRow.position)
    )


def _refused(session: Session, judged: Judged, family: str) -> str:
    """Record one judgement, all of it or nothing; gives why not, if so."""
    try:
        with session.begin_nested():
            evidence = heard.keep(session, judged)
            before = last_verdict(session, judged.recipe_id)
            if _adds(before, judged, evidence) and not _decided_by_person(session, judged):
                append(session, judged, family, evidence)
    except Blocked as refusal:
        return f"{judged.recipe_id[:12]}: {refusal}"
    return ""


def _decided_by_person(session: Session, judged: Judged) -> bool:
    row = VerdictRow
    query = select(row.id).where(
        row.stream == judged.recipe_id, row.object_sha256 == judged.object_sha256, row.decided_by != POLICY
    )
    return session.scalars(query.limit(1)).first() is not None


def _adds(before: VerdictRow | None, judged: Judged, evidence: Sequence[int]) -> bool:
    return before is None or (
        before.object_sha256 != judged.object_sha256
        or before.verdict != judged.verdict
        or before.policy_sha256 != judged.policy_sha256
        or tuple(before.reasons) != judged.reasons
        or before.evidence != list(evidence)
    )
