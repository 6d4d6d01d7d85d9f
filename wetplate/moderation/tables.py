"""Signals, verdicts, policies, calibrations and tasks as rows. Each class names its only writer."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.chain import Chained
from wetplate.storage.database import Base, Json, now


class SignalRow(Base):
    """One stored signal, append-only: a new revision adds rows. Written by `moderation.heard` only.

    `region` is [x, y, width, height] in pixels of the whole picture; `slug`, `approve` and `reject` are what
    the policy then in force said of the label. All are null where there is none, and in rows older than them.
    """

    __tablename__ = "signals"
    id: Mapped[int] = mapped_column(primary_key=True)
    recipe_id: Mapped[str] = mapped_column(ForeignKey("recipes.id"))
    object_sha256: Mapped[str]
    detector: Mapped[str]
    revision: Mapped[str]
    label: Mapped[str]
    score: Mapped[float | None]
    error: Mapped[str | None]
    region: Mapped[list[int] | None] = mapped_column(JSONB(none_as_null=True))
    slug: Mapped[str | None]
    approve: Mapped[float | None]
    reject: Mapped[float | None]
    at: Mapped[datetime] = mapped_column(default=now)


Index("signals_object", SignalRow.object_sha256)


class VerdictRow(Chained, Base):
    """A verdict on one painting; `stream` is the recipe id, the highest position is in force.

    Written by `wetplate.moderation.catalog` only.

    `verdict` is approve, review or reject; `decided_by` is `policy` or `person:<name>`; `reasons` name the
    rules. A verdict holds for the bytes of `object_sha256` only. `evidence` lists the ids of the signals it
    follows from; null for a person's verdict and in rows older than it. `slugs` are suspected, `restricted`
    means quarantine, `audit` that all was well and a person looks anyway; null in rows older than they.
    """

    __tablename__ = "verdicts"
    object_sha256: Mapped[str]
    verdict: Mapped[str]
    decided_by: Mapped[str]
    policy: Mapped[str]
    policy_sha256: Mapped[str]
    reasons: Mapped[list[str]]
    evidence: Mapped[list[int] | None] = mapped_column(JSONB(none_as_null=True))
    slugs: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    restricted: Mapped[bool | None]
    audit: Mapped[bool | None]


Index("verdicts_object", VerdictRow.object_sha256)
Index(
    "verdicts_waiting",
    VerdictRow.stream,
    VerdictRow.position,
    postgresql_where=VerdictRow.verdict == "review",
)


class PolicyRow(Base):
    """A policy as it was when it judged, append-only: verdicts are replayed under it.

    Written by `wetplate.moderation.policies` only; `body` is the file, `taxonomy` the version of the slugs.
    """

    __tablename__ = "policies"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    taxonomy: Mapped[str]
    body: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class CalibrationRow(Base):
    """A calibration record, append-only: what lets a detector's revision reject by itself.

    Written by `wetplate.moderation.calibration` only; `record` is the SHA-256 of `body`, canonical JSON.
    """

    __tablename__ = "calibrations"
    record: Mapped[str] = mapped_column(primary_key=True)
    detector: Mapped[str]
    revision: Mapped[str]
    body: Mapped[str]
    signed_by: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


Index("calibrations_detector", CalibrationRow.detector, CalibrationRow.revision)


class TaskRow(Base):
    """Work for a person. Written by `wetplate.moderation.tasks`, `leases` only.

    `queue` is review, second, escalated, appeal, takedown or audit; `subject` a recipe id or `notice:<id>`;
    `object_sha256` the bytes to decide on ("" for a notice); `round` counts how often the subject came into
    the queue. `opened_by` is `policy` or who asked, `why` in which words. `slugs` say what it is suspected
    of, `sensitive` that it is blurred, `restricted` that no pixel is shown unasked; `excluded` names the
    reviewers who may not take it, `skipped` until when (seconds of the epoch) it is not offered to whom.
    `lease` is the fencing number of whoever holds it until `leased_until`, `lapses` how many let it run out;
    `proposed` a decision that can be undone until `commit_at`, `refusal` why the last one did not count.
    """

    __tablename__ = "tasks"
    id: Mapped[int] = mapped_column(primary_key=True)
    queue: Mapped[str]
    subject: Mapped[str]
    object_sha256: Mapped[str]
    family: Mapped[str]
    round: Mapped[int]
    opened_by: Mapped[str]
    why: Mapped[str]
    slugs: Mapped[list[str]]
    sensitive: Mapped[bool]
    restricted: Mapped[bool]
    excluded: Mapped[list[str]]
    skipped: Mapped[Json]
    at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime]
    lease: Mapped[int | None] = mapped_column(BigInteger)
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    lapses: Mapped[int] = mapped_column(default=0)
    proposed: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    commit_at: Mapped[datetime | None]
    refusal: Mapped[str | None]
    closed_at: Mapped[datetime | None]


Index("tasks_once", TaskRow.queue, TaskRow.subject, TaskRow.round, unique=True)
Index("tasks_open", TaskRow.queue, TaskRow.subject, unique=True, postgresql_where=TaskRow.closed_at.is_(None))
Index("tasks_due", TaskRow.queue, TaskRow.due_at, TaskRow.id, postgresql_where=TaskRow.closed_at.is_(None))
Index(
    "tasks_family",
    TaskRow.queue,
    TaskRow.family,
    TaskRow.due_at,
    TaskRow.id,
    postgresql_where=TaskRow.closed_at.is_(None),
)
Index(
    "tasks_proposed",
    TaskRow.commit_at,
    postgresql_where=TaskRow.commit_at.is_not(None) & TaskRow.closed_at.is_(None),
)
Index("tasks_subject", TaskRow.subject)
