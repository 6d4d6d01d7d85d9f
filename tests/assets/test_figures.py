"""What a person sees beside a materialisation."""

import math
import re

from assets.figures import histogram, plain, sizes_and_scores
from wetplate.derivatives.measured import Measured


def test_text_of_others_is_text_in_markdown() -> None:
    said = "![x](https://evil.example/p.png) [go](javascript:alert(1)) <img src=x>\n# `big` a|b"
    told = plain(said)
    assert "\n" not in told
    assert re.search(r"(?<!\\)[\[\]<>!`|*]", told) is None
    assert re.sub(r"\\(.)", r"\1", told) == " ".join(said.split())


def test_scores_fall_into_their_bins() -> None:
    lines = histogram([0.0, 0.05, 0.95, 1.0]).value.splitlines()
    assert "| 0.0–0.1 | 2 | ████████████████████ |" in lines
    assert "| 0.9–1.0 | 2 | ████████████████████ |" in lines
    assert "| 0.4–0.5 | 0 |  |" in lines


def test_no_score_and_scores_that_are_none_draw_an_empty_histogram() -> None:
    assert histogram([]).value == histogram([math.nan, math.inf, -math.inf]).value


def test_a_line_per_width_and_format() -> None:
    lossy = Measured(128, "avif", 4, 4_000, 4, 80.44, 80.01, 58, 70, 2.5)
    flat = Measured(256, "png", 1, 2_000, 0, None, None, None, None, None)
    lines = sizes_and_scores([lossy, flat]).value.splitlines()
    assert lines[2] == "| 128 | avif | 4 | 1,000 | 80.4 | 80.0 | 58–70 | 2.5 | ██████████ |"
    assert lines[3] == "| 256 | png | 1 | 2,000 |  |  |  |  | ████████████████████ |"
    assert len({line.count("|") for line in lines}) == 1
    assert len(sizes_and_scores([]).value.splitlines()) == 2
