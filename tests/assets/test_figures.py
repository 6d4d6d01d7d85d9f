"""What a person sees beside a materialisation."""

import math

from assets.figures import histogram


def test_scores_fall_into_their_bins() -> None:
    lines = histogram([0.0, 0.05, 0.95, 1.0]).value.splitlines()
    assert "| 0.0–0.1 | 2 | ████████████████████ |" in lines
    assert "| 0.9–1.0 | 2 | ████████████████████ |" in lines
    assert "| 0.4–0.5 | 0 |  |" in lines


def test_no_score_and_scores_that_are_none_draw_an_empty_histogram() -> None:
    assert histogram([]).value == histogram([math.nan, math.inf, -math.inf]).value
