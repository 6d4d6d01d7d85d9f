"""Profiles are read strictly."""

from pathlib import Path

import pytest

from wetplate.derivatives.profiles import Credentials, load, names
from wetplate.derivatives.quality import start
from wetplate.errors import DerivativeError

GOOD = """
widths = [100, 200]
sizes = "100vw"
[formats.webp]
quality = 70
[formats.jpeg]
quality = 80
"""


@pytest.mark.parametrize("name", names())
def test_what_ships_is_right(name: str) -> None:
    profile = load(name)
    assert profile.name == name
    assert list(profile.formats) == ["avif", "webp", "jpeg"]
    assert not set(profile.widths) & set(profile.on_demand)


def test_the_two_of_the_product_are_there() -> None:
    assert {"social-feed", "creative-editor"} <= set(names())
    assert load("social-feed").on_demand == ()
    assert len(load("creative-editor").on_demand) > len(load("creative-editor").widths)


@pytest.mark.parametrize("name", ["nope", "../profiles/social-feed", "Social-Feed", "", "social-feed\n"])
def test_an_unknown_profile_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(DerivativeError, match="social-feed"):
        load(name)


def written(folder: Path, text: str) -> Path:
    (folder / "test.toml").write_text(text)
    return folder


def test_a_minimal_profile(tmp_path: Path) -> None:
    profile = load("test", written(tmp_path, GOOD))
    assert (profile.widths, profile.on_demand, profile.credentials) == ((100, 200), (), Credentials("embed"))


def test_a_quality_or_a_target_or_both(tmp_path: Path) -> None:
    text = GOOD.replace("quality = 70", "target = 80").replace("quality = 80", "quality = 60\ntarget = 75")
    profile = load("test", written(tmp_path, text))
    assert profile.targets == {"webp": 80, "jpeg": 75}
    assert profile.formats["webp"].quality == start("webp", "4:2:0", 80)
    assert profile.formats["jpeg"].quality == 60
    assert load("test", written(tmp_path, GOOD)).targets == {}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[100, 200]", "[]", "widths: expected"),
        ("[100, 200]", "[200, 100]", "widths: expected"),
        ("[100, 200]", "[100, 100]", "widths: expected"),
        ("[100, 200]", "[0]", "widths: expected"),
        ("[100, 200]", "[9000]", "widths: expected"),
        ("[100, 200]", "[true]", "widths: expected"),
        ("[100, 200]", '"100"', "widths: expected"),
        ("[100, 200]", "[100.5]", "widths: expected"),
        ('"100vw"', '""', "sizes: expected"),
        ('"100vw"', "'\"><script>'", "sizes: expected"),
        ("formats.jpeg", "formats.avif", "formats: expected"),
        ("formats.webp", "formats.avif", "formats: expected"),
        ("formats.jpeg", "formats.gif", "formats: expected"),
        ("formats.jpeg]\nquality = 80", "formats.jpeg]", "formats.jpeg: expected a quality"),
        ("80", "101", "formats.jpeg.quality: expected"),
        ("quality = 80", "target = 96", "formats.jpeg.target: expected a whole number, 30 to 95; got 96"),
        ("quality = 80", "target = 80.5", "formats.jpeg.target: expected"),
        ("80", "80\ntarget = true", "formats.jpeg.target: expected"),
        ("80", '"high"', r"formats.jpeg.quality: expected"),
        ("80", "80\nlossless = true", "got 'lossless'"),
        ("80", "80\nsubsampling = '4:1:1'", "4:1:1"),
        ("80", "80\neffort = 11", "effort: expected"),
        ("80", "80\n[formats.gif]\nquality = 3", "got 'gif'"),
        ("80", "80\n[credentials]\nmode = 'never'", "credentials.mode: expected"),
        ("80", "80\n[credentials]\nmode = 'auto'", "credentials.threshold: expected"),
        ("80", "80\n[credentials]\nmode = 'embed'\nthreshold = 3", "got 'threshold'"),
        ("sizes =", "colour = 3\nsizes =", "got 'colour'"),
        ("widths =", "widths == ", "not readable as TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_file_key_and_expectation(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in GOOD
    with pytest.raises(DerivativeError, match=f"test.toml: .*{expected}|test.toml: {expected}"):
        load("test", written(tmp_path, GOOD.replace(old, new)))


def test_where_credentials_go() -> None:
    sizes = (0, 99, 100, 99_999, 100_000)
    assert [Credentials("embed").of(size) for size in sizes] == ["short"] * 4 + ["full"]
    assert [Credentials("auto", 100).of(size) for size in sizes] == ["sidecar"] * 2 + ["short"] * 2 + ["full"]
    assert [Credentials("auto", 100, 100).of(size) for size in sizes] == ["sidecar"] * 2 + ["full"] * 3
    for fixed in ("full", "short", "sidecar"):
        assert {Credentials(fixed).of(size) for size in sizes} == {fixed}
