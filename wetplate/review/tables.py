"""Reviewers, their sessions, their decisions and what they looked at. Each class names its only writer."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.chain import Chained
from wetplate.storage.database import Base, Json, now


class ReviewerRow(Base):
    """Somebody who may sign in. Written by `wetplate.review.accounts` only.

    `id` is the pseudonym under which everything is recorded; name and e-mail are personal fields. `login` is
    `local:<name>` or `<issuer>#<subject>`; `password` an Argon2id hash, null for sign-in by OpenID Connect.
    """

    __tablename__ = "reviewers"
    id: Mapped[str] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    preferences: Mapped[Json]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(default=now)


class SessionRow(Base):
    """Somebody is signed in. Written by `wetplate.review.sessions` only.

    `id` is the SHA-256 of the token in the cookie: whoever reads the table cannot sign in.
    """

    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(primary_key=True)
    reviewer: Mapped[str] = mapped_column(ForeignKey("reviewers.id"), index=True)
    csrf: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class SignInRow(Base):
    """A sign-in by OpenID Connect that has not ended. Written by `wetplate.review.signin.begun` only.

    `id` is the SHA-256 of its state, `browser` that of the cookie of whoever began it. Deleted when it ends:
    a state counts once.
    """

    __tablename__ = "sign_ins"
    id: Mapped[str] = mapped_column(primary_key=True)
    browser: Mapped[str]
    nonce: Mapped[str]
    verifier: Mapped[str]
    onward: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class AccountEventRow(Chained, Base):
    """What happened to an account; `stream` is the reviewer's id. Written by `wetplate.review.accounts` only.

    `event` is added, role, password, off, on, erased or signed_in.
    """

    __tablename__ = "account_events"
    event: Mapped[str]
    actor: Mapped[str]
    details: Mapped[Json]


class DecisionRow(Chained, Base):
    """What a person decided on a task; `stream` is the task's subject.

    Written by `wetplate.review.decisions` only; one per subject, queue and round. `details` holds what the
    decision needs beside its reason: regions, legal basis, disclosure.
    """

    __tablename__ = "decisions"
    task: Mapped[int]
    queue: Mapped[str]
    round: Mapped[int]
    object_sha256: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str]
    note: Mapped[str]
    reviewer: Mapped[str]
    role: Mapped[str]
    lease: Mapped[int] = mapped_column(BigInteger)
    details: Mapped[Json]


Index("decisions_once", DecisionRow.stream, DecisionRow.queue, DecisionRow.round, unique=True)
Index("decisions_reviewer", DecisionRow.reviewer)
Index("decisions_disclosing", DecisionRow.stream, postgresql_where=DecisionRow.details.has_key("disclosure"))


class AccessRow(Chained, Base):
    """Somebody saw what is restricted; `stream` is what was seen. Written by `wetplate.review.accesses` only.

    `what` is pixels, notice, evidence or export.
    """

    __tablename__ = "accesses"
    actor: Mapped[str]
    what: Mapped[str]
    why: Mapped[str]
