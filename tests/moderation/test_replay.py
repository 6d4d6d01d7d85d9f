"""Replay: every machine's verdict comes out of what is stored, and whatever was changed is found."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.moderation.conftest import FAMILY, Scripted
from tests.moderation.people import decide
from wetplate.moderation import catalog, policies, queue, sampling
from wetplate.moderation import replay as replaying
from wetplate.moderation.judge import judge
from wetplate.moderation.policy import Policy, parse
from wetplate.moderation.replay import NO_EVIDENCE, NO_POLICY, Replayed, replay
from wetplate.moderation.signals import Signal
from wetplate.moderation.tables import PolicyRow
from wetplate.recipes.recipe import Recipe
from wetplate.storage.memory import MemoryObjects

Paint = Callable[[int], list[Recipe]]
TOML = """
version = 2
taxonomy = "1"
audit_sample = {audit}
required = ["eye"]
[detectors.eye]
kind = "surface"
[detectors.eye.labels]
BAD = {{ slug = "sexual/nudity", approve = 0.5, reject = 0.9 }}
CHILD = {{ slug = "minor_safety", approve = 0.5 }}
[[prompt_rules]]
name = "seven"
slug = "ip/logo"
action = "review_output"
terms = ["number 7"]
"""


def a_kept_policy(session: Session, audit: int = 0) -> Policy:
    policy = parse("kept", TOML.format(audit=audit).encode())
    policies.keep(session, policy)
    return policy


def judged(session: Session, objects: MemoryObjects, policy: Policy, revision: str = "1") -> None:
    """Judge the whole family: scores rise with the order, one detector fails now and then."""
    pictures = iter(range(1000))

    def says(_: object) -> list[list[Signal]]:
        number = next(pictures)
        if number == 3:
            raise RuntimeError("lens broken")
        return [[Signal("eye", revision, "CHILD" if number == 5 else "BAD", number / 10, None, (1, 2, 3, 4))]]

    eye = Scripted(says, revision=revision)
    rows = catalog.unjudged(session, FAMILY, policy, [eye])
    catalog.record(session, judge(catalog.pending(objects, rows), [eye], policy), FAMILY)


def found(session: Session, family: str | None = None) -> list[Replayed]:
    return [each for each in replay(session, family) if each.differences or each.why_not]


def test_every_verdict_comes_out_again(
    session: Session, objects: MemoryObjects, painted: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted(9)
    monkeypatch.setattr(replaying, "PAGE", 4)
    judged(session, objects, a_kept_policy(session))
    judged(session, objects, a_kept_policy(session, audit=1000))
    judged(session, objects, a_kept_policy(session, audit=1000), revision="2")
    replayed = list(replay(session))
    assert len(replayed) == 27
    assert found(session) == []
    assert list(replay(session, "another")) == []
    assert len({each.policy_sha256 for each in replayed}) == 2


def test_a_person_s_verdict_is_not_replayed(session: Session, objects: MemoryObjects, painted: Paint) -> None:
    painted(8)
    judged(session, objects, a_kept_policy(session))
    for image in queue.waiting(session):
        decide(session, image.recipe_id, "reject", "ada", "sexual/nudity")
    assert len(list(replay(session))) == 8
    assert found(session) == []


def test_what_is_older_says_why_it_cannot_be_derived(
    session: Session, objects: MemoryObjects, painted: Paint
) -> None:
    painted(2)
    policy = a_kept_policy(session)
    judged(session, objects, policy)
    (one, other) = catalog.in_force(session, FAMILY).values()
    catalog.append(session, one, FAMILY)
    catalog.record(session, [replace(other, policy_sha256="9" * 64)], FAMILY)
    assert [each.why_not for each in found(session)] == [NO_EVIDENCE, NO_POLICY]


def test_a_policy_whose_form_is_no_longer_read_says_so(
    session: Session, objects: MemoryObjects, painted: Paint
) -> None:
    painted(1)
    session.add(PolicyRow(sha256="8" * 64, name="old", taxonomy="1", body="version = 1"))
    judged(session, objects, a_kept_policy(session))
    (one,) = catalog.in_force(session, FAMILY).values()
    catalog.record(session, [replace(one, policy_sha256="8" * 64)], FAMILY)
    (told,) = found(session)
    assert "no longer read" in told.why_not


TAMPERED = [
    ("UPDATE signals SET score = 0.8 WHERE score = 0.1", "verdict: stored 'approve', derived 'review'"),
    ("UPDATE signals SET approve = 0.7 WHERE score = 0.1", "stored ('sexual/nudity', 0.7"),
    ("UPDATE signals SET slug = 'ip/logo' WHERE score = 0.1", "stored ('ip/logo'"),
    ("UPDATE signals SET error = 'x' WHERE score = 0.1", "verdict"),
    ("DELETE FROM signals WHERE score = 0.1", "are gone"),
    ("UPDATE signals SET object_sha256 = repeat('0', 64) WHERE score = 0.1", "about other bytes"),
    ("UPDATE verdicts SET verdict = 'approve' WHERE slugs @> '[\"minor_safety\"]'", "verdict: stored"),
    ("UPDATE verdicts SET restricted = false WHERE restricted", "restricted: stored False"),
    ("UPDATE verdicts SET slugs = '[]' WHERE restricted", "slugs: stored []"),
    ("UPDATE verdicts SET reasons = '[\"all well\"]' WHERE restricted", "reasons: stored"),
    ("UPDATE verdicts SET evidence = '[]' WHERE restricted", "reasons: stored"),
    ("UPDATE policies SET body = replace(body, 'approve = 0.5', 'approve = 0.05')", "derived"),
    ("UPDATE policies SET body = body || '# a word'", "policy: its text"),
]


def test_whatever_was_changed_is_found(
    database: Engine, owner: Engine, objects: MemoryObjects, painted: Paint
) -> None:
    painted(6)
    with Session(database) as session:
        judged(session, objects, a_kept_policy(session))
        session.commit()
        assert found(session) == []
    with Session(owner) as session:
        for table in ("signals", "verdicts", "policies"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER append_only"))
        for sql, says in TAMPERED:
            with session.begin_nested() as savepoint:
                assert session.execute(text(sql)).rowcount >= 1, sql
                differing = found(session)
                savepoint.rollback()
            session.expunge_all()
            assert differing, sql
            assert all(not each.why_not for each in differing), sql
            assert says in " ".join(differing[0].differences), sql


def test_the_audit_sample_s_estimate(session: Session, objects: MemoryObjects, painted: Paint) -> None:
    painted(5)
    assert sampling.audit(session).share is None
    assert sampling.audit(session).interval == (0.0, 1.0)
    judged(session, objects, a_kept_policy(session, audit=1000))
    drawn = [each for each in catalog.in_force(session, FAMILY).values() if each.audit]
    assert len(drawn) == 4, "one failed, so that it is no sample"
    for each, verdict in zip(drawn, ("approve", "approve", "reject"), strict=False):
        reason = "looks-right" if verdict == "approve" else "ip/logo"
        decide(session, each.recipe_id, verdict, "ada", reason)
    found = sampling.audit(session, FAMILY)
    assert (found.drawn, found.decided, found.rejected) == (4, 3, 1)
    assert found.share == pytest.approx(1 / 3)
    assert found.interval == pytest.approx((0.0615, 0.7923), abs=1e-4)
    assert "1 of 3 decided audit samples" in str(found)
    assert sampling.audit(session, "another").drawn == 0
