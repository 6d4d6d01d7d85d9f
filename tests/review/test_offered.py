"""Whatever the form of a task offers is taken: every pair of decision and reason, in every queue."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.review.desk import ADA, ADMIN, Desk
from tests.review.people import WRAPPING
from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.review import decisions, details
from wetplate.review.pages.form import Said, form
from wetplate.review.reasons import NOTICE
from wetplate.review.tables import DecisionRow
from wetplate.storage.database import transaction

OF_IMAGES = [(queue, "") for queue in ("review", "appeal", "second")]
OF_NOTICES = [
    ("takedown", ""),
    ("appeal", ""),
    *((queue, first) for queue in ("second", "escalated") for first in ("takedown", "appeal")),
]
PICTURE = [(queue, first, False) for queue, first in OF_IMAGES]
COMPLAINT = [(queue, first, True) for queue, first in OF_NOTICES]


def opened(session: Session, desk: Desk, queue: str, first: str, *, notice: bool) -> TaskRow:
    """A task, held by the administrator; a second opinion on what was decided in the queue `first`."""
    subject = f"{NOTICE}{queue}-{first}" if notice else desk.images[0][0]
    digest = "" if notice else desk.images[0][1]
    about = {"subject": subject, "object_sha256": digest, "family": desk.family, "slugs": ["privacy/face"]}
    task = tasks.open(session, queue=queue, due_at=desk.clock, **about)  # type: ignore[arg-type]
    if first:
        DecisionRow.append(
            session, subject, task=task.id, queue=first, round=1, object_sha256=digest, decision="refuse",
            reason="stands", note="", reviewer=ADA.id, role="senior", lease=1, details={"effect": "second"},
        )  # fmt: skip
    return tasks.take(session, task.id, ADMIN.id, now=desk.clock, seconds=600)


def offers(session: Session, task: TaskRow) -> Iterator[Said]:
    """What somebody says who fills in the form, once for each decision and reason on it."""
    asked = form(task, decisions.offered(session, task, ADMIN), (), 10, Said())
    for choice in asked.decisions:
        for reason in (each.code for group in choice.groups for each in group.reasons):
            yield Said(
                choice.value, reason, "because", next(iter(details.LEGAL_BASES)), regions=["1,1,9,9"],
                images=["ab"],
            )  # fmt: skip


@pytest.mark.parametrize(("queue", "first", "notice"), [*PICTURE, *COMPLAINT])
def test_no_pair_that_is_offered_is_refused(desk: Desk, queue: str, first: str, notice: bool) -> None:
    with transaction(desk.database) as session:
        task = opened(session, desk, queue, first, notice=notice)
        lease, pairs = task.lease or 0, 0
        for said in offers(session, task):
            with session.begin_nested() as step:
                decisions.propose(
                    session, task.id, lease, ADMIN, said.decision, said.reason, said.note,
                    said.details(), undo_seconds=10, now=desk.clock, wrapping=WRAPPING,
                )  # fmt: skip
                step.rollback()
            pairs += 1
        assert pairs > 8
        session.rollback()
