"""Policies as they judged: kept once, read back, never changed."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from wetplate.errors import ModerationError
from wetplate.moderation import policies
from wetplate.moderation.policy import load
from wetplate.moderation.tables import PolicyRow


def test_a_policy_is_kept_once_and_reads_back_the_same(session: Session) -> None:
    entered = policies.enter(session, "product")
    assert policies.enter(session, "product") == entered == load("product")
    assert session.scalar(select(func.count()).select_from(PolicyRow)) == 1
    assert policies.kept(session, entered.sha256) == entered
    assert session.get_one(PolicyRow, entered.sha256).taxonomy == "1"
    assert policies.kept(session, "0" * 64) is None
    session.commit()
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text("UPDATE policies SET body = ''"))


def test_a_form_that_this_code_does_not_read_is_refused_by_name(session: Session) -> None:
    session.add(PolicyRow(sha256="8" * 64, name="old", taxonomy="1", body="version = 1"))
    session.flush()
    with pytest.raises(ModerationError, match=r"policy old 88888888.*version"):
        policies.kept(session, "8" * 64)
