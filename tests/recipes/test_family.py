"""Families on disk and their expansion: names, files, and ids that never change by themselves."""

import json
from pathlib import Path

import pytest

from wetplate.errors import FamilyError, UnknownFamily
from wetplate.recipes.family import checked_slug, expand, find, read, slugs
from wetplate.recipes.recipe import read as recipe_read

GOLDEN = Path(__file__).parents[1] / "golden" / "recipes"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "shoe"
    folder.mkdir()
    (folder / "family.toml").write_text((GOLDEN / "family.toml").read_text())
    return tmp_path


def changed(root: Path, *swaps: tuple[str, str]) -> set[str]:
    text = (GOLDEN / "family.toml").read_text()
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    (root / "shoe" / "family.toml").write_text(text)
    return {recipe.id for recipe in expand(find(root, "shoe"))}


def test_the_same_file_yields_the_same_ids_for_ever(root: Path) -> None:
    lines = [f"{recipe.id}  {recipe.seed}  {recipe.prompt}" for recipe in expand(find(root, "shoe"))]
    assert lines == (GOLDEN / "ids.txt").read_text().splitlines()


def test_the_order_of_keys_attributes_and_values_changes_no_id(root: Path) -> None:
    first = changed(root)
    reordered = changed(
        root,
        (
            'lace = ["white", "black"]\nsole = ["gum", "navy"]',
            'sole = ["navy", "gum"]\nlace = ["black", "white"]',
        ),
        ('steps = 4\nguidance = "7.5"', 'guidance = "7.5"\nsteps = 4'),
    )
    assert reordered == first


def test_a_new_value_leaves_the_other_variants_as_they_were(root: Path) -> None:
    first = changed(root)
    more = changed(root, ('"gum", "navy"', '"gum", "beige", "navy"'))
    assert first < more
    assert len(more) == 6


def test_what_is_painted_differently_has_another_id(root: Path) -> None:
    first = changed(root)
    for old, new in [
        ("steps = 4", "steps = 5"),
        ("value = 7", "value = 8"),
        ('"7.5"', '"7"'),
        ("width = 256", "width = 264"),
    ]:
        assert not first & changed(root, (old, new))


def test_layout_and_what_does_not_paint_keep_the_ids(root: Path) -> None:
    first = changed(root)
    assert (
        changed(root, ("steps = 4", "steps = 4 # few"), ('"7.5"', '"7.50"'), ("Shoe with", "Boot with"))
        == first
    )


def test_variants_stand_in_the_files_order_and_recipes_survive_their_canonical_form(root: Path) -> None:
    recipes = expand(find(root, "shoe"))
    assert [tuple(recipe.variant.values()) for recipe in recipes] == [
        ("white", "gum"),
        ("white", "navy"),
        ("black", "gum"),
        ("black", "navy"),
    ]
    for recipe in recipes:
        assert recipe_read(json.loads(recipe.canonical())).id == recipe.id


def test_no_float_enters_the_canonical_form(root: Path) -> None:
    for recipe in expand(find(root, "shoe")):
        json.loads(recipe.canonical(), parse_float=pytest.fail)


def test_a_fixed_seed_is_every_variants_seed(root: Path) -> None:
    changed(root, ("per-variant", "fixed"))
    assert {recipe.seed for recipe in expand(find(root, "shoe"))} == {7}


@pytest.mark.parametrize("slug", ["rumba", "rumba-2", "2x", "a" * 40])
def test_slugs(slug: str) -> None:
    assert checked_slug(slug) == slug


@pytest.mark.parametrize(
    "slug", ["", "a", "a" * 41, "Rumba", "rumba_2", "-rumba", "rumba-", "ru--mba", "..", "a/b", "é2", "ab\n"]
)
def test_no_slugs(slug: str) -> None:
    with pytest.raises(FamilyError, match="expected 2 to 40 lower-case letters"):
        checked_slug(slug)


def test_an_unknown_family_names_the_known_ones(root: Path) -> None:
    with pytest.raises(UnknownFamily, match=r"no such family; known under .*: shoe"):
        find(root, "boot")


def test_only_folders_with_a_slug_and_a_file_are_families(root: Path) -> None:
    (root / "Bad Name").mkdir()
    (root / "Bad Name" / "family.toml").write_text("")
    (root / "empty").mkdir()
    assert slugs(root) == ["shoe"]
    assert slugs(root / "nowhere") == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'title = "a"\ntitle = "b"', "Cannot overwrite a value (at end of document): 'title = \"b\"'"),
        (
            b"[attributes]\nlace = ['a']\nlace = ['b']\n",
            "Cannot overwrite a value (at line 3, column 13): \"lace = ['b']\"",
        ),
        (b"title = ", "expected valid TOML"),
        (b"title = '\xff'", "expected valid TOML in UTF-8"),
        (b"x = " + b"[" * 5000, "expected valid TOML"),
        (b"#" * (1 << 20) + b"#", "expected at most 1048576 bytes"),
    ],
)
def test_a_file_that_is_no_toml_is_refused(root: Path, body: bytes, said: str) -> None:
    (root / "shoe" / "family.toml").write_bytes(body)
    with pytest.raises(FamilyError) as caught:
        read(root / "shoe")
    assert said in str(caught.value)
    assert str(root / "shoe" / "family.toml") in str(caught.value)


def test_a_file_that_is_gone_is_an_unknown_family(tmp_path: Path) -> None:
    with pytest.raises(UnknownFamily, match="no such family file"):
        read(tmp_path / "shoe")


def test_a_folder_in_place_of_the_file_is_refused(root: Path) -> None:
    (root / "shoe" / "family.toml").unlink()
    (root / "shoe" / "family.toml").mkdir()
    with pytest.raises(FamilyError, match="expected a readable file"):
        read(root / "shoe")
