"""What A1111's reader takes for granted."""

from wetplate.recipes.infotext.grammar import parse
from wetplate.recipes.infotext.implied import DEFAULTS, pasted, size

TEXT = "a\nNegative prompt: b\nSteps: 20, Size: 512x768, Clip skip: 2, Seed resize from: 64x0"


def test_sizes_are_taken_apart_and_absent_keys_filled_in() -> None:
    fields = pasted(parse(TEXT))
    assert {key: value for key, value in fields.items() if key not in DEFAULTS} == {
        "Prompt": "a",
        "Negative prompt": "b",
        "Steps": "20",
        "Size-1": "512",
        "Size-2": "768",
        "Seed resize from-1": "64",
        "Seed resize from-2": "0",
    }
    assert (fields["Clip skip"], fields["RNG"], fields["Schedule type"]) == ("2", "GPU", "Automatic")


def test_sizes() -> None:
    assert size("512x768") == (512, 768)
    assert [size(value) for value in ("512", "512x", "axb", "1x1x1", "512 x 512", "9" * 99 + "x1")] == [
        None
    ] * 6
