"""The licence gate: the whole truth table, and what is no licence at all."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.publication import images
from wetplate.errors import LicenceRefused
from wetplate.provenance.licence import CHANNELS, COMMERCIAL_USE, Licence, allows, normalised, permit

FREE = [
    "Apache-2.0",
    "MIT OR CC-BY-NC-4.0",
    "LicenseRef-CreativeML-OpenRAIL-M",
    "GPL-2.0-only WITH Classpath-exception-2.0",
]
BOUND = [
    "CC-BY-NC-4.0",
    "MIT AND CC-BY-NC-SA-4.0",
    "LicenseRef-FLUX-1-dev-NC",
    "LicenseRef-Some-Non-Commercial-1.0",
]
NONE = [
    "",
    "NONE",
    "NOASSERTION",
    "Foo",
    "MIT AND",
    "MIT /* x",
    "Classpath-exception-2.0",
    "MIT WITH MIT",
    "LicenseRef-",
]


def passes(expression: str, use: str, channel: str) -> bool:
    try:
        allows(expression, use, channel)
    except LicenceRefused:
        return False
    return True


@pytest.mark.parametrize(
    ("expression", "use", "channel"), list(product(FREE + BOUND + NONE, COMMERCIAL_USE, CHANNELS))
)
def test_the_truth_table(expression: str, use: str, channel: str) -> None:
    known = expression not in NONE
    commercially = use == "yes" and expression in FREE
    assert passes(expression, use, channel) == (known and (channel == "non-commercial" or commercially))


@pytest.mark.parametrize("use", ["no", "unknown"])
def test_a_refusal_says_what_to_do(use: str) -> None:
    with pytest.raises(
        LicenceRefused, match=rf"Apache-2\.0: commercial use is '{use}'.*licence\.commercial_use"
    ):
        allows("Apache-2.0", use, "commercial")
    with pytest.raises(LicenceRefused, match="LicenseRef-<name>"):
        allows("OpenRAIL", "yes", "commercial")


@pytest.mark.parametrize(("use", "channel"), [("maybe", "commercial"), ("", "non-commercial"), ("yes", "tv")])
def test_words_outside_the_lists_are_refused(use: str, channel: str) -> None:
    assert not passes("MIT", use, channel)


@pytest.mark.parametrize(
    ("adapter", "fine"),
    [
        (Licence("MIT", "yes"), True),
        (Licence("MIT", "unknown"), False),
        (Licence("CC-BY-NC-4.0", "yes"), False),
        (Licence("X", "yes"), False),
    ],
)
def test_adapters_count_too(adapter: Licence, fine: bool) -> None:
    if fine:
        allows("MIT", "yes", "commercial", [adapter])
    else:
        with pytest.raises(LicenceRefused):
            allows("MIT", "yes", "commercial", [Licence("MIT", "yes"), adapter])


def test_spelling_is_spdxs_own() -> None:
    assert normalised("apache-2.0 or (mit)") == "Apache-2.0 OR MIT"
    with pytest.raises(LicenceRefused):
        normalised("NONE")


@given(st.text(max_size=40), st.sampled_from(COMMERCIAL_USE), st.sampled_from(CHANNELS))
def test_any_text_is_judged_and_nothing_else_is_raised(expression: str, use: str, channel: str) -> None:
    passes(expression, use, channel)


@pytest.mark.parametrize(
    ("licence", "channel", "message"),
    [
        (("Apache-2.0", "yes"), "commercial", ""),
        (("CC-BY-NC-4.0", "no"), "non-commercial", ""),
        (("CC-BY-NC-4.0", "yes"), "commercial", "non-commercial by its own name"),
        (("LicenseRef-House", "unknown"), "commercial", "commercial use is 'unknown'"),
        (None, "commercial", "owner/lora states no licence"),
        (None, "non-commercial", "owner/lora states no licence"),
    ],
)
def test_a_family_is_asked_for_its_adapters_too(
    licence: tuple[str, str] | None, channel: str, message: str
) -> None:
    stated = {"expression": licence[0], "commercial_use": licence[1], "restrictions": []} if licence else None
    adapter = {"id": "owner/lora", "revision": "ab" * 20, **({"licence": stated} if stated else {})}
    model = {**images.DEFINITION["model"], "adapters": [adapter]}
    family = images.family(model=model, publication={"profile": "social-feed", "channel": channel})
    if not message:
        permit(family)
        return
    with pytest.raises(LicenceRefused, match=message):
        permit(family)
