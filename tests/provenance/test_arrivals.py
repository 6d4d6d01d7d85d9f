"""Which variant a file shows: what was written down, else what its name says, else nothing."""

import json
from pathlib import Path

import pytest

from tests.publication import images
from wetplate.errors import ProvenanceError
from wetplate.provenance import arrivals
from wetplate.recipes.familyfile import parsed

SHOES = parsed(
    "test", "shoes",
    {**images.DEFINITION, "attributes": {"lace": ["red", "dark red", "off-white"], "sole": ["gum", "red"]},
     "recipe": {**images.DEFINITION["recipe"], "prompt": "{lace} {sole}", "alt": "{lace} {sole}"}},
)  # fmt: skip


@pytest.mark.parametrize(
    ("stem", "variant"),
    [
        ("gum_off-white_01", {"lace": "off-white", "sole": "gum"}),
        ("OFF WHITE", {"lace": "off-white"}),
        ("dark-red", {"lace": "dark red"}),
        ("dark red, gum", {"lace": "dark red", "sole": "gum"}),
        ("red", {}),  # lace or sole?
        ("dark red on red", {}),
        ("off white or dark red", {}),
        ("infrared", {}),
        ("", {}),
        ("../../gum", {"sole": "gum"}),
    ],
)
def test_a_name_says_what_stands_in_it(stem: str, variant: dict[str, str]) -> None:
    assert arrivals.told(SHOES, stem) == variant


def test_a_name_is_shown_without_what_controls_a_terminal() -> None:
    assert arrivals.plain("a\x1b[31m\u202eb\n\udcffc") == "a\ufffd[31m\ufffdb\ufffd\ufffdc"
    assert len(arrivals.plain("x" * 500)) == arrivals.LONGEST


def test_what_is_written_down_wins_and_must_be_the_familys(tmp_path: Path) -> None:
    file = tmp_path / "red.png"
    file.write_bytes(b"")
    beside = tmp_path / "red.json"
    for said in ({"variant": {"sole": "gum"}}, {"sole": "gum"}):
        beside.write_text(json.dumps(said))
        assert arrivals.arrived(file, SHOES, {}).variant == {"sole": "gum"}
    for wrong in ('{"sole": "cork"}', '{"heel": "gum"}', '{"sole": 3}', "[1]", "{", '{"variant": "gum"}'):
        beside.write_text(wrong)
        with pytest.raises(ProvenanceError, match=r"red\.(png|json)"):
            arrivals.arrived(file, SHOES, {})
    beside.unlink()
    assert arrivals.arrived(file, SHOES, {"red.png": {"lace": "red"}}).variant == {"lace": "red"}
    assert arrivals.arrived(file, SHOES, {}).variant == {}


def test_a_table_names_its_columns(tmp_path: Path) -> None:
    (tmp_path / arrivals.TABLE).write_text("name,lace\na.png,red\n")
    with pytest.raises(ProvenanceError, match="`file` among them"):
        arrivals.table(tmp_path)
    (tmp_path / arrivals.TABLE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProvenanceError, match="UTF-8"):
        arrivals.table(tmp_path)
    with pytest.raises(ProvenanceError, match="no such folder"):
        arrivals.pictures(tmp_path / "nowhere")
