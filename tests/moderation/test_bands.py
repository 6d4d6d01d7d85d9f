"""From signals to a verdict: examples, and what must hold for every input."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.moderation.conftest import a_policy
from wetplate.moderation.bands import APPROVE, BLOCKLIST, SEVERITY, audited, decide
from wetplate.moderation.policy import Calibration, Label, Policy, Record
from wetplate.moderation.prompts import Hit
from wetplate.moderation.signals import Signal

SHA = "a" * 64
POLICY = a_policy()
RECORD = Calibration(record="c" * 64, revision="1", signed_by="a reviewer")
STANDS = {"c" * 64: Record("eye", "1", {"BAD": 0.85})}


def signal(score: float | None, label: str = "BAD", error: str | None = None, revision: str = "1") -> Signal:
    return Signal("eye", revision, label, score, error)


def rejecting(record: Calibration | None = RECORD, auto: bool = True) -> Policy:
    return a_policy(auto_reject=auto, detectors={"eye": replace(POLICY.detectors["eye"], calibration=record)})


@pytest.mark.parametrize(
    ("signals", "verdict"),
    [
        ([signal(0.0)], "approve"),
        ([signal(0.4999)], "approve"),
        ([signal(0.5)], "review"),
        ([signal(0.95)], "review"),
        ([signal(0.0, label="")], "approve"),
        ([signal(0.3, label="")], "review"),
        ([signal(0.99, label="FINE")], "approve"),
        ([signal(0.0, label="NEW")], "review"),
        ([signal(None)], "review"),
        ([signal(0.0, error="not installed")], "review"),
        ([signal(math.nan)], "review"),
        ([signal(math.inf)], "review"),
        ([signal(-0.1)], "review"),
        ([signal(1.1)], "review"),
        ([], "review"),
        ([signal(0.0), Signal("stranger", "1", "BAD", 0.0)], "review"),
    ],
)
def test_where_signals_fall(signals: list[Signal], verdict: str) -> None:
    assert decide(signals, [], POLICY, SHA).verdict == verdict


def test_a_silent_required_detector_means_review() -> None:
    decision = decide([signal(0.0)], [], a_policy(required=("eye", "ear")), SHA)
    assert decision.verdict == "review"
    assert decision.reasons == ("ear: required, but it said nothing",)


def test_a_policy_without_required_detectors_approves_nothing() -> None:
    assert decide([signal(0.0)], [], a_policy(required=()), SHA).verdict == "review"


def verdict(score: float, policy: Policy, records: dict[str, Record] = STANDS, revision: str = "1") -> str:
    return decide([signal(score, revision=revision)], [], policy, SHA, records).verdict


def test_reject_needs_the_switch_the_citation_and_the_revision() -> None:
    assert verdict(0.95, rejecting()) == "reject"
    assert verdict(0.89, rejecting()) == "review"
    assert verdict(0.95, rejecting(auto=False)) == "review"
    assert verdict(0.95, rejecting(record=None)) == "review"
    assert verdict(0.95, rejecting(), revision="2") == "review"


@pytest.mark.parametrize(
    "records",
    [
        {},
        {"d" * 64: STANDS["c" * 64]},
        {"c" * 64: Record("ear", "1", {"BAD": 0.85})},
        {"c" * 64: Record("eye", "2", {"BAD": 0.85})},
        {"c" * 64: Record("eye", "1", {"BAD": 0.95})},
        {"c" * 64: Record("eye", "1", {"WORSE": 0.1})},
    ],
    ids=["none", "another", "detector", "revision", "threshold", "label"],
)
def test_reject_needs_the_record_itself_on_label_and_threshold(records: dict[str, Record]) -> None:
    assert verdict(0.95, rejecting(), records) == "review"


def zero_tolerance(auto: bool = True) -> Policy:
    """Label BAD means minor_safety."""
    eye = replace(rejecting().detectors["eye"], labels={"BAD": Label("minor_safety", 0.5, 0.9)})
    return a_policy(auto_reject=auto, detectors={"eye": eye})


def test_zero_tolerance_is_never_decided_by_itself() -> None:
    for score in (0.5, 0.95):
        decision = decide([signal(score)], [], zero_tolerance(), SHA, STANDS)
        assert (decision.verdict, decision.restricted) == ("review", True)
        assert decision.slugs == ("minor_safety",)
        assert "quarantine" in decision.reasons[-1]
    assert decide([signal(0.4)], [], zero_tolerance(), SHA, STANDS).restricted is False


def test_a_blocked_prompt_of_zero_tolerance_goes_to_quarantine_too() -> None:
    for action, restricted in (("block", True), ("review_output", True), ("note", False)):
        decision = decide([signal(0.0)], [Hit("children", "minor_safety", action, "x")], POLICY, SHA)
        assert decision.restricted is restricted
        assert decision.verdict == ("review" if restricted else "approve")


def test_what_is_suspected_is_told_by_slug() -> None:
    decision = decide([signal(0.6), signal(0.7)], [Hit("brands", "ip/logo", "block", "acme")], POLICY, SHA)
    assert decision.slugs == ("sexual/nudity", "ip/logo")
    assert decide([signal(0.4)], [Hit("brands", "ip/logo", "note", "acme")], POLICY, SHA).slugs == ()


def test_what_the_blocklist_knows_counts_without_a_detector() -> None:
    told = [signal(0.0), Signal(BLOCKLIST, "1", "EXACT", 1.0)]
    assert decide(told, [], POLICY, SHA).verdict == "reject"
    told = [signal(0.0), Signal(BLOCKLIST, "1", "ALIKE", 1.0)]
    assert decide(told, [], POLICY, SHA).verdict == "review"


@pytest.mark.parametrize(
    ("action", "verdict"), [("block", "reject"), ("review_output", "review"), ("note", "approve")]
)
def test_prompt_hits_raise_the_band_and_name_the_rule(action: str, verdict: str) -> None:
    decision = decide([signal(0.0)], [Hit("brands", "ip/logo", action, "acme")], POLICY, SHA)
    assert decision.verdict == verdict
    assert any("brands" in reason and "acme" in reason for reason in decision.reasons)


def test_reasons_name_label_score_and_threshold() -> None:
    assert decide([signal(0.83)], [], POLICY, SHA).reasons == (
        "eye: BAD 0.83, approved only below 0.50 (sexual/nudity)",
    )


def test_the_audit_sample_takes_its_share_of_the_approved() -> None:
    policy = a_policy(audit_sample=40)
    hashes = [f"{number:064x}" for number in range(5000)]
    taken = [sha for sha in hashes if decide([signal(0.0)], [], policy, sha).verdict == "review"]
    assert taken == [sha for sha in hashes if audited(sha, policy)]
    assert 150 <= len(taken) <= 250
    decision = decide([signal(0.0)], [], policy, taken[0])
    assert decision.audit
    assert "audit sample" in decision.reasons[-1]
    assert not decide([signal(0.7)], [], policy, taken[0]).audit


def test_another_version_of_a_policy_draws_the_same_sample() -> None:
    one, other = a_policy(audit_sample=40), a_policy(audit_sample=40, sha256="6" * 64, version=7)
    hashes = [f"{number:064x}" for number in range(500)]
    assert [audited(sha, one) for sha in hashes] == [audited(sha, other) for sha in hashes]


def test_the_audit_sample_leaves_rejects_alone() -> None:
    policy = replace(rejecting(), audit_sample=1000)
    assert decide([signal(0.95)], [], policy, SHA, STANDS).verdict == "reject"


scores = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 1))
labels = st.sampled_from(["BAD", "FINE", "", "NEW"])
errors = st.one_of(st.none(), st.none(), st.text(max_size=5))
signals = st.lists(
    st.builds(Signal, st.just("eye"), st.sampled_from(["1", "2"]), labels, scores, errors), max_size=4
)
policies = st.sampled_from(
    [POLICY, rejecting(), a_policy(audit_sample=500), a_policy(required=()), zero_tolerance()]
)


@given(signals, policies, st.integers(0, 2**256 - 1))
def test_nothing_that_failed_is_ever_approved(heard: list[Signal], policy: Policy, number: int) -> None:
    decision = decide(heard, [], policy, f"{number:064x}")
    failed = [s for s in heard if s.error is not None or s.score is None or not 0 <= s.score <= 1]
    if failed or not heard or any(s.label == "NEW" for s in heard):
        assert decision.verdict != "approve"
    assert decision.reasons


def harshness(heard: list[Signal], policy: Policy) -> int:
    """Quarantine is the harshest: nobody but a person gets it out of there."""
    decision = decide(heard, [], policy, SHA, STANDS)
    return len(SEVERITY) if decision.restricted else SEVERITY.index(decision.verdict)


@given(signals, signals, policies)
def test_more_signals_never_soften_a_verdict(some: list[Signal], more: list[Signal], policy: Policy) -> None:
    assert not some or harshness([*some, *more], policy) >= harshness(some, policy)


@given(st.floats(0, 1), st.floats(0, 1), policies)
def test_a_higher_score_never_softens_a_verdict(one: float, other: float, policy: Policy) -> None:
    low, high = sorted([one, other])
    assert harshness([signal(low)], policy) <= harshness([signal(high)], policy)


@given(signals, policies)
def test_what_is_restricted_or_audited_waits_for_a_person(heard: list[Signal], policy: Policy) -> None:
    decision = decide(heard, [], policy, SHA, STANDS)
    assert decision.verdict == "review" or not (decision.restricted or decision.audit)
    assert not decision.slugs or decision.verdict != APPROVE


@given(signals, policies)
def test_the_same_input_gives_the_same_decision(heard: list[Signal], policy: Policy) -> None:
    assert decide(heard, [], policy, SHA) == decide(list(heard), [], policy, SHA)
