"""Policies as they were when they judged: the only writer of their rows.

Here: keeping a policy's file before it judges, reading it back for a replay. Not here: what a policy says
(`policy`).

Rule: a row is written once; the same file kept again changes nothing.
"""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.moderation import policy as files
from wetplate.moderation.policy import Policy, parse
from wetplate.moderation.tables import PolicyRow


def enter(session: Session, name: str) -> Policy:
    """The policy of this name as its file says now, kept so that what it judges can be judged again.

    Raises ModerationError.
    """
    policy = files.load(name)
    keep(session, policy)
    return policy


def keep(session: Session, policy: Policy) -> None:
    """Keep the policy's text under its SHA-256."""
    said = {"name": policy.name, "taxonomy": policy.taxonomy.version, "body": policy.body}
    session.execute(insert(PolicyRow).values(sha256=policy.sha256, **said).on_conflict_do_nothing())


def kept(session: Session, sha256: str) -> Policy | None:
    """The policy with this SHA-256 as it judged; None if it was never kept (rows older than the keeping).

    Raises ModerationError when this code no longer reads its form.
    """
    row = session.get(PolicyRow, sha256)
    return parse(row.name, row.body.encode(), f"policy {row.name} {sha256[:12]}") if row else None
