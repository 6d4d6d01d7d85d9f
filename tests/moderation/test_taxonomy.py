"""The taxonomy: the shipped version, and what a policy may rely on."""

import pytest

from wetplate.errors import ModerationError
from wetplate.moderation.taxonomy import LATEST, SLUGS, load

#: Slugs of version 1 stand in decisions and are only ever added to.
EVER = """
sexual/explicit sexual/nudity sexual/suggestive minor_safety violence/graphic violence/weapons hate/symbols
self_harm regulated/alcohol regulated/tobacco_drugs regulated/gambling rude_gesture privacy/face
privacy/text_pii privacy/plate likeness/real_person ip/logo ip/character ip/artwork product/misrepresentation
quality/blank quality/garbled quality/text_garbage
"""


def test_no_slug_ever_goes() -> None:
    assert set(EVER.split()) <= set(load("1").slugs)


def test_two_levels_and_a_sentence_each() -> None:
    taxonomy = load(LATEST)
    for slug in taxonomy.slugs.values():
        assert slug.says
        assert slug.parent in taxonomy.categories
        assert slug.slug == slug.parent or slug.slug.startswith(f"{slug.parent}/")
        assert slug.slug.count("/") <= 1
        assert not slug.dsa or slug.dsa.startswith("STATEMENT_CATEGORY_")
    assert {name: SLUGS[name] for name in SLUGS} == {s.slug: s.says for s in taxonomy.slugs.values()}


def test_flags_are_inherited_and_can_be_taken_back() -> None:
    taxonomy = load("1")
    assert taxonomy.zero_tolerance() == {"minor_safety"}
    assert taxonomy.sensitive(("ip/logo", "sexual/nudity"))
    assert not taxonomy.sensitive(("ip/logo", "sexual/suggestive"))
    assert taxonomy.sensitive(("from/another-version",)), "what nobody knows is shown blurred"
    assert not taxonomy.sensitive(())
    assert taxonomy.slugs["violence/weapons"].dsa != taxonomy.slugs["violence/graphic"].dsa
    assert taxonomy.slugs["quality/blank"].dsa == ""


@pytest.mark.parametrize("version", ["2", "", "one", "../policies/product"])
def test_a_version_that_there_is_not_is_refused(version: str) -> None:
    with pytest.raises(ModerationError, match="known: 1"):
        load(version)
