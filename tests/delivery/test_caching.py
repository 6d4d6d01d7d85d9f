"""The table of lives, over every kind and whatever a signature has left."""

import re

import pytest

from wetplate.delivery.caching import RULES, YEAR, Kind, headers, tags

REVOCABLE = set(Kind) - {Kind.CLIENT, Kind.PRIVATE, Kind.KEYS}
ERRORS = {Kind.GONE, Kind.REFUSED, Kind.BUSY, Kind.FAILED}
REMAINING = (None, -1, 0, 1, 4, 5, 29, 59, 60, 61, 89, 299, 3_600, 86_399, 86_400, 10**9)
TAGS = tags("ab" * 32, "boots")


def life(said: str | None) -> int:
    """Seconds that directives allow, stale ones included."""
    directives = dict(part.partition("=")[::2] for part in (said or "no-store").split(", "))
    if "no-store" in directives:
        return 0
    return int(directives["max-age"]) + int(directives.get("stale-while-revalidate") or 0)


def test_every_kind_has_a_rule() -> None:
    assert set(RULES) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_the_table(kind: Kind) -> None:
    for remaining in REMAINING:
        holds(kind, remaining)


def holds(kind: Kind, remaining: int | None) -> None:
    """Every rule of the table, for one kind of answer and one rest of a signature's life."""
    told = headers(kind, tags=TAGS, remaining=remaining)
    browser, shared = told["Cache-Control"], told.get("CDN-Cache-Control", told["Cache-Control"])
    for said in (browser, shared):
        assert ("no-store" in said) != ("max-age" in said)
        assert re.fullmatch(r"[a-z-]+(=\d+)?(, [a-z-]+(=\d+)?)*", said)
        assert remaining is None or life(said) <= max(0, remaining)
        assert remaining is None or remaining > 0 or "no-store" in said
    if kind in REVOCABLE:
        assert life(browser) <= 90
        assert "max-age" not in browser or int(re.findall(r"max-age=(\d+)", browser)[0]) <= 60
        assert "immutable" not in browser
        assert life(shared) <= 86_460
    if kind in ERRORS:
        assert max(life(browser), life(shared)) <= 5
    if kind == Kind.PRIVATE:
        assert told == {"Cache-Control": "private, no-store"}
    if "no-store" in shared:
        assert not {"Surrogate-Key", "Cache-Tag", "CDN-Cache-Control"} & set(told)
    else:
        assert told["Surrogate-Key"].split(" ") == told["Cache-Tag"].split(",") == list(TAGS)


def test_what_is_said_in_full() -> None:
    assert headers(Kind.CLIENT) == {"Cache-Control": "public, max-age=31536000, immutable"}
    assert headers(Kind.DERIVATIVE, tags=TAGS) == {
        "Cache-Control": "public, max-age=60, stale-while-revalidate=30",
        "CDN-Cache-Control": "public, max-age=86400, stale-while-revalidate=60",
        "Surrogate-Key": "i-abababababababababababababababab f-boots",
        "Cache-Tag": "i-abababababababababababababababab,f-boots",
    }
    assert headers(Kind.BUSY) == headers(Kind.REFUSED) == {"Cache-Control": "no-store"}
    assert headers(Kind.GONE) == {"Cache-Control": "public, max-age=5"}


def test_only_what_can_never_be_withdrawn_is_immutable() -> None:
    assert [kind for kind in Kind if "immutable" in headers(kind)["Cache-Control"]] == [Kind.CLIENT]
    assert [kind for kind in Kind if life(headers(kind)["Cache-Control"]) >= YEAR] == [Kind.CLIENT]


def test_a_fast_file_gives_way_sooner_than_the_one_that_replaces_it() -> None:
    fast, production = (
        life(headers(kind)["CDN-Cache-Control"]) for kind in (Kind.TRANSFORM_FAST, Kind.TRANSFORM_PRODUCTION)
    )
    assert fast < production / 100


def test_a_life_is_cut_to_what_the_signature_leaves() -> None:
    told = headers(Kind.DERIVATIVE, remaining=70)
    assert told["Cache-Control"] == "public, max-age=60, stale-while-revalidate=10"
    assert told["CDN-Cache-Control"] == "public, max-age=70"


def test_only_auto_varies() -> None:
    assert {kind: said for kind in Kind if (said := headers(kind).get("Vary"))} == {
        Kind.AUTO: "Accept, Save-Data"
    }


def test_tags_fit_every_vendor() -> None:
    """CloudFront: at most 256 characters, no comma, not case-sensitive; Surrogate-Key: no space."""
    for tag in tags("ab" * 32, "a" * 40):
        assert re.fullmatch(r"[a-z0-9-]{3,256}", tag)
