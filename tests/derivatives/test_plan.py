"""Which files an image gets: invariants over every profile, size and look."""

from hypothesis import given
from hypothesis import strategies as st

from wetplate.derivatives.plan import absent, plan, widths
from wetplate.derivatives.profiles import FORMATS, Credentials, Profile, load
from wetplate.imaging.codec import Encoding

SOCIAL = load("social-feed")
SIDES = st.integers(1, 9000)
PROFILES = st.builds(
    lambda wide, formats: Profile(
        "any",
        tuple(sorted(wide)),
        (),
        "100vw",
        {name: Encoding(name, 80) for name in FORMATS if name in {*formats, "webp", "jpeg"}},
        Credentials("embed"),
    ),
    st.sets(st.integers(1, 8192), min_size=1, max_size=6),
    st.sets(st.just("avif")),
)


@given(PROFILES, SIDES, SIDES, st.booleans(), st.booleans())
def test_invariants(profile: Profile, width: int, height: int, flat: bool, transparent: bool) -> None:
    wanted = plan(profile, width, height, flat, transparent)
    assert {each.width for each in wanted} == set(widths(profile, width))
    assert all(1 <= each.width <= width and 1 <= each.height <= height for each in wanted)
    assert len({(each.width, each.encoding.format) for each in wanted}) == len(wanted)
    for wide in widths(profile, width):
        formats = {each.encoding.format for each in wanted if each.width == wide}
        assert formats & {"jpeg", "png"}
        assert not (transparent or flat) or "jpeg" not in formats
    assert all(each.encoding.lossless for each in wanted) == flat or not flat
    assert min(max(profile.widths), width) in {each.width for each in wanted}
    assert absent(profile, width, height, {each.mark for each in wanted}) == []


@given(PROFILES, SIDES, SIDES, st.booleans(), st.booleans(), st.data())
def test_any_missing_file_is_noticed(
    profile: Profile, width: int, height: int, flat: bool, transparent: bool, data: st.DataObject
) -> None:
    wanted = plan(profile, width, height, flat, transparent)
    gone = data.draw(st.sampled_from(wanted))
    have = {each.mark for each in wanted} - {gone.mark}
    assert absent(profile, width, height, have)


def test_a_width_above_the_images_own_gives_its_own_once() -> None:
    assert widths(SOCIAL, 256) == [128, 192, 256]
    assert widths(SOCIAL, 320) == [128, 192, 320]
    assert widths(SOCIAL, 100) == [100]
    assert widths(SOCIAL, 5000) == list(SOCIAL.widths)


def test_what_each_look_gets() -> None:
    def formats(flat: bool, transparent: bool) -> list[tuple[str, bool]]:
        return [(w.encoding.format, w.encoding.lossless) for w in plan(SOCIAL, 100, 100, flat, transparent)]

    assert formats(False, False) == [("avif", False), ("webp", False), ("jpeg", False)]
    assert formats(False, True) == [("avif", False), ("webp", False), ("png", True)]
    assert formats(True, False) == formats(True, True) == [("webp", True), ("png", True)]


def test_nothing_made_lacks_something() -> None:
    assert absent(SOCIAL, 512, 512, set())
