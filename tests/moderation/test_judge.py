"""Judging: every detector asked about every picture, and no way to fail open."""

import threading
import time

import numpy as np
import pytest

from tests.moderation.conftest import Scripted, a_policy
from wetplate.moderation import guard
from wetplate.moderation.guard import guarded
from wetplate.moderation.judge import Judged, Pending, judge
from wetplate.moderation.policy import PromptRule
from wetplate.moderation.signals import Signal

PICTURE = np.zeros((4, 4, 3), np.uint8)
RULE = PromptRule("brands", "ip/logo", "review_output", ("acme",), (), ())


def pending(number: int = 0, prompt: str = "a clog") -> Pending:
    return Pending(f"{number:064x}", f"{number:063x}f", prompt, PICTURE)


def verdicts(judged: list[Judged]) -> list[str]:
    return [each.verdict for each in judged]


def test_a_verdict_names_bytes_policy_and_signals() -> None:
    (judged,) = judge([pending(3)], [Scripted()], a_policy())
    assert judged == Judged(
        recipe_id=f"{3:064x}",
        object_sha256=f"{3:063x}f",
        verdict="approve",
        reasons=("every detector is below its threshold",),
        signals=(Signal("eye", "1", "BAD", 0.1, slug="sexual/nudity", approve=0.5, reject=0.9),),
        policy="plain",
        policy_sha256="5" * 64,
        decided_by="policy",
    )


def test_no_classifier_means_review() -> None:
    assert verdicts(judge([pending(), pending(1)], [], a_policy())) == ["review", "review"]


def test_nothing_to_judge() -> None:
    assert judge([], [Scripted()], a_policy()) == []


@pytest.mark.parametrize(
    "says",
    [
        RuntimeError("out of order"),
        None,
        float("nan"),
        lambda pictures: [],
        lambda pictures: [[]],
        lambda pictures: [[Signal("eye", "1", "BAD", 0.0)]] * 2,
        lambda pictures: [[Signal("eye", "1", "NEW", 0.0)]],
    ],
)
def test_a_detector_that_fails_means_review(says: object) -> None:
    judged = judge([pending(), pending(1)], [Scripted(says)], a_policy())
    assert verdicts(judged) == ["review", "review"]


def test_the_prompt_counts() -> None:
    judged = judge([pending(0, "an ACME clog"), pending(1)], [Scripted()], a_policy(prompt_rules=(RULE,)))
    assert verdicts(judged) == ["review", "approve"]
    assert "brands" in judged[0].reasons[0]


def test_a_detector_that_hangs_costs_one_wait_and_means_review(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "GRACE", 0.0)
    let_go = threading.Event()
    stuck = Scripted(lambda pictures: let_go.wait(30))
    started = time.monotonic()
    answers = guarded(stuck, [PICTURE] * 5, seconds=0.05)
    let_go.set()
    assert time.monotonic() - started < 5
    assert stuck.asked == [1]
    assert [answer[0].score for answer in answers] == [None] * 5
    assert "no answer within 0.05 s" in str(answers[0][0].error)
