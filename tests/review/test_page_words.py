"""What pages say, without any page: breaks, marks in prompts, thresholds, ages, forms."""

from datetime import timedelta

import pytest
from starlette.datastructures import FormData

from wetplate.errors import FormRefused
from wetplate.moderation.tables import SignalRow
from wetplate.review.pages import detections, form, past, prompts, words
from wetplate.review.pages.worked import worked
from wetplate.storage.database import now

NOW = now()
MINUTE = timedelta(minutes=1)
REASON = "prompt rule nudity: 'topless model' (sexual/nudity, review_output)"


def test_a_stretch_ends_with_a_pause() -> None:
    ago = [NOW - minutes * MINUTE for minutes in (2, 10, 24, 40, 41)]
    assert worked(ago, NOW, 50).text == "3 decisions in 24 min"
    assert worked([NOW - 16 * MINUTE], NOW, 50).count == 0
    assert worked([], NOW, 50).tired == ""


@pytest.mark.parametrize(("after", "tired"), [(20, True), (25, False), (0, False)])
def test_a_break_is_suggested_when_it_is_due(after: int, tired: bool) -> None:
    ago = [NOW - minutes * MINUTE for minutes in (1, 12, 24)]
    assert bool(worked(ago, NOW, after).tired) is tired


def test_words_that_met_a_rule_are_marked_where_they_stand() -> None:
    shown = prompts.shown("a TOPLESS, model on white", "", [REASON], "generation")
    assert list(shown.parts) == [("a ", ""), ("TOPLESS, model", "nudity"), (" on white", "")]
    assert shown.hits == ["nudity: “topless model” (sexual/nudity, review_output)"]


def test_words_in_disguise_are_named_and_not_marked() -> None:
    shown = prompts.shown("t o p l e s s model", "", [REASON, "eye: BAD 0.7"], "generation")
    assert "".join(text for text, _ in shown.parts) == "t o p l e s s model"
    assert not any(rule for _, rule in shown.parts)
    assert len(shown.hits) == 1


@pytest.mark.parametrize(
    ("score", "approve", "reject", "error", "band"),
    [
        (0.2, 0.5, 0.9, None, "pass"),
        (0.5, 0.5, 0.9, None, "review"),
        (0.9, 0.5, 0.9, None, "reject"),
        (0.99, 0.5, 1.01, None, "review"),
        (None, None, None, "no answer in 20 s", "review: no answer"),
        (0.4, None, None, None, "no threshold"),
    ],
)
def test_a_signal_falls_where_the_policy_says(
    score: float | None, approve: float | None, reject: float | None, error: str | None, band: str
) -> None:
    thresholds = {"score": score, "error": error, "approve": approve, "reject": reject}
    row = SignalRow(
        id=1, detector="eye", revision="1", label="BAD", region=[3, 4, 10, 20], slug="ip/logo", **thresholds
    )
    [line] = detections.lines([row])
    assert line.band.text == band
    assert line.band.icon
    [box] = detections.boxes([row])
    assert (box.value, box.where) == ("3,4,10,20", "10 × 20 at 3, 4")


def test_late_is_said_in_words_with_an_icon() -> None:
    late, soon, later = (words.due(NOW + hours * 60 * MINUTE, NOW) for hours in (-3, 0.5, 30))
    assert (late.text, late.tone, late.icon) == ("3 h overdue", "bad", "alert")
    assert (soon.text, soon.tone) == ("due in 30 min", "warn")
    assert (later.text, later.tone) == ("due in 1 d", "")


def test_of_a_form_only_what_the_decision_asks_for_is_taken() -> None:
    fields = [("decision", "approve"), ("reason-approve", "looks-right"), ("reason-reject", "ip/logo")]
    said = form.read(FormData([*fields, ("region", "1,2,3,4"), ("depicts", "place"), ("note", "n")]))
    assert said.reason == "looks-right"
    assert said.details() == {"disclosure": {"need": "", "depicts": ["place"]}}


@pytest.mark.parametrize("value", ["1,2,3", "a,b,c,d", "1,2,3,-4", "1,2,3,99999999", "١,2,3,4"])
def test_a_box_is_four_whole_numbers(value: str) -> None:
    said = form.read(FormData([("decision", "redact"), ("region", value)]))
    with pytest.raises(FormRefused, match="four whole numbers"):
        said.details()


def test_ids_in_the_past_are_cut_to_what_people_read() -> None:
    assert past._plain({"images": ["ab" * 32], "done": True}) == "images abababababab, done yes"
