"""Headers read back: what is written is understood, and nothing makes a reader raise."""

from hypothesis import given
from hypothesis import strategies as st

from wetplate.delivery.probe import fields
from wetplate.delivery.probe.fields import Hop


def test_cache_status_with_quotes_and_several_hops() -> None:
    said = 'wetplate; fwd=miss; stored; detail=store, "an, edge"; hit; ttl=30; detail="a; b, c"'
    first, second = fields.hops(said)
    assert first == Hop("wetplate", False, True, "store")
    assert second == Hop("an, edge", True, False, "a; b, c")


def test_server_timing() -> None:
    said = "cache;desc=miss, queue;dur=0.1, decode;dur=12, odd;dur=fast"
    assert fields.timings(said) == {"cache": 0.0, "queue": 0.1, "decode": 12.0, "odd": 0.0}


def test_directives() -> None:
    told = fields.directives("Public, max-age=60, stale-while-revalidate=30, no-transform")
    assert told == {"public": "", "max-age": "60", "stale-while-revalidate": "30", "no-transform": ""}
    assert fields.seconds(told, "max-age") == 60
    for text in ("-1", "1.5", "٣", "", "9" * 11):
        assert fields.seconds({"max-age": text}, "max-age") is None


@given(st.text(st.characters(max_codepoint=255), max_size=200))
def test_no_header_makes_a_reader_raise(text: str) -> None:
    assert isinstance(fields.hops(text), list)
    assert all(duration >= 0 for duration in fields.timings(text).values())
    assert all((fields.seconds(fields.directives(text), name) or 0) >= 0 for name in fields.directives(text))
