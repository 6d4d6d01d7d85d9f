"""Family files: each bad one is refused with file, key and what was expected."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.errors import FamilyError, UnknownSampler
from wetplate.recipes.definition import Family, Licence
from wetplate.recipes.family import expand
from wetplate.recipes.familyfile import MAX_VARIANTS, defined, parsed

GOOD = """
title = "Test shoe"
[attributes]
lace = ["white", "black"]
sole = ["gum", "navy", "red"]
[recipe]
prompt = "a shoe, {lace} laces, {sole} sole"
negative_prompt = ""
alt = "Shoe with {lace} laces"
sampler = "DPM++ 2M Karras"
steps = 4
guidance = "7.50"
width = 256
height = 512
seed = { rule = "per-variant", value = 7 }
[model]
id = "families/test/model"
revision = "sha256:TREE"
adapters = [{ id = "owner/lora", revision = "COMMIT", weight = "0.80" }]
[licence]
expression = "apache-2.0 or LicenseRef-House"
commercial_use = "yes"
restrictions = ["no resale"]
[publication]
profile = "social-feed"
channel = "commercial"
[moderation]
policy = "product"
[budget]
images_per_day = 100
device_seconds_per_day = 0
""".replace("TREE", "a" * 64).replace("COMMIT", "b" * 40)


def family(text: str = GOOD) -> Family:
    return parsed("family.toml", "test", tomllib.loads(text))


def refusal(old: str, new: str) -> FamilyError:
    assert old in GOOD
    with pytest.raises(FamilyError) as caught:
        family(GOOD.replace(old, new, 1))
    assert caught.value.file == "family.toml"
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def test_a_good_file_is_what_it_says() -> None:
    read = family()
    assert (read.slug, read.title, read.variants) == ("test", "Test shoe", 6)
    assert read.attributes == {"lace": ("white", "black"), "sole": ("gum", "navy", "red")}
    assert (read.recipe.guidance, read.recipe.steps, read.recipe.seed.rule) == ("7.5", 4, "per-variant")
    assert read.model.adapters[0].weight == "0.8"
    assert read.licence.expression == "Apache-2.0 OR LicenseRef-House"
    assert (read.publication.profile, read.moderation.policy, read.budget.images_per_day) == (
        "social-feed",
        "product",
        100,
    )


def test_a_definition_gives_the_family_back_through_json() -> None:
    assert defined("test", json.loads(json.dumps(family().definition(), sort_keys=True))) == family()


def test_the_digest_ignores_layout_and_sees_words() -> None:
    assert family("# a comment\n" + GOOD.replace("steps = 4", "steps   =   4")).digest == family().digest
    assert family(GOOD.replace("steps = 4", "steps = 5")).digest != family().digest
    assert family(GOOD.replace('"white", "black"', '"black", "white"')).digest != family().digest


STATED = GOOD.replace(
    'weight = "0.80"',
    'weight = "0.80", licence = { expression = "MIT", commercial_use = "yes", restrictions = ["no hats"] }',
)


def test_a_stated_licence_of_an_adapter_changes_the_file_and_no_recipe() -> None:
    stated, plain = family(STATED), family()
    (adapter,) = stated.model.adapters
    assert stated.licence_of(adapter) == Licence("MIT", "yes", ("no hats",))
    assert plain.licence_of(adapter) is None
    assert "licence" not in plain.definition()["model"]["adapters"][0]
    assert stated.digest != plain.digest
    assert [recipe.id for recipe in expand(stated)] == [recipe.id for recipe in expand(plain)]
    assert defined("test", json.loads(json.dumps(stated.definition()))) == stated


REVISION = 'revision = "sha256:' + "a" * 64 + '"'


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ('title = "Test shoe"', "", "title", "missing; expected a string"),
        ('title = "Test shoe"', "title = 3", "title", "expected a string, not int 3"),
        ('title = "Test shoe"', 'title = ""', "title", "not empty"),
        ('title = "Test shoe"', 'title = " x"', "title", "no white space"),
        ('title = "Test shoe"', r'title = "a\u0007"', "title", "printable"),
        (
            'title = "Test shoe"',
            'title = "x"\ncolour = 1',
            "colour",
            "unknown key; expected only title, attributes",
        ),
        ("steps = 4", "steps = 4\nclip = 2", "recipe.clip", "unknown key"),
        ("steps = 4", "", "recipe.steps", "missing; expected a whole number from 1 to 150"),
        ("steps = 4", "steps = -4", "recipe.steps", "expected a whole number from 1 to 150, not -4"),
        ("steps = 4", "steps = 151", "recipe.steps", "not 151"),
        ("steps = 4", "steps = true", "recipe.steps", "not bool True"),
        ("steps = 4", "steps = 4.0", "recipe.steps", "not float 4.0"),
        ("width = 256", "width = 10000", "recipe.width", "from 64 to 2048, not 10000"),
        ("height = 512", "height = 10000", "recipe.height", "from 64 to 2048, not 10000"),
        ("width = 256", "width = 260", "recipe.width", "expected a multiple of 8 from 64 to 2048, not 260"),
        ("width = 256", "width = 56", "recipe.width", "from 64 to 2048"),
        ('guidance = "7.50"', "guidance = 7.5", "recipe.guidance", 'a decimal number as a string from "0"'),
        ('guidance = "7.50"', 'guidance = "1e3"', "recipe.guidance", "not '1e3'"),
        ('guidance = "7.50"', 'guidance = "-1"', "recipe.guidance", "not '-1'"),
        ('guidance = "7.50"', 'guidance = "NaN"', "recipe.guidance", "not 'NaN'"),
        (
            'rule = "per-variant"',
            'rule = "random"',
            "recipe.seed.rule",
            "one of fixed, per-variant, not 'random'",
        ),
        ("value = 7", "value = -1", "recipe.seed.value", "from 0 to 4294967295"),
        ("value = 7", "value = 4294967296", "recipe.seed.value", "from 0 to 4294967295"),
        (
            "{sole} sole",
            "{heel} sole",
            "recipe.prompt",
            "names {heel}; expected one of the attributes: lace, sole",
        ),
        ("{sole} sole", "sole", "recipe.prompt", "attribute 'sole' is not used"),
        ("{sole} sole", "{sole!r} sole", "recipe.prompt", "names {sole}"),
        ("{sole} sole", "{sole.__class__} sole", "recipe.prompt", "names {sole.__class__}"),
        ("{sole} sole", "{} sole", "recipe.prompt", "names {}"),
        ("{sole} sole", "{sole sole", "recipe.prompt", "placeholders"),
        ("Shoe with {lace}", "Shoe with {heel}", "recipe.alt", "names {heel}"),
        ("lace = [", "Lace = [", "attributes.Lace", "expected an attribute name of lower-case letters"),
        ("lace = [", 'sole_x = ["a"]\nsole-x = [', "attributes.sole-x", "stands here twice"),
        ("lace = [", 'LACE = ["a"]\nlace = [', "attributes.lace", "stands here twice"),
        ('"white", "black"', '"white", "White"', "attributes.lace", "'White' stands here twice"),
        ('"white", "black"', "", "attributes.lace", "at least one value"),
        ('"white", "black"', '"white", 3', "attributes.lace", "an array of strings"),
        ('"white", "black"', '"white", ""', "attributes.lace[1]", "not empty"),
        ('lace = ["white", "black"]', 'lace = "white"', "attributes.lace", "expected an array of strings"),
        (REVISION, 'revision = "main"', "model.revision", "expected a pinned revision"),
        (REVISION, 'revision = "sha256:abc"', "model.revision", "expected a pinned revision"),
        (REVISION, f'revision = "{"c" * 40}"', "model.id", "expected a hub id like owner/name"),
        (
            'id = "families/test/model"',
            'id = "../model"',
            "model.id",
            "expected a folder inside the checkout",
        ),
        ('id = "families/test/model"', 'id = "/etc"', "model.id", "expected a folder inside the checkout"),
        (
            f'revision = "{"b" * 40}"',
            'revision = "v1"',
            "model.adapters[0].revision",
            "expected a pinned revision",
        ),
        ('weight = "0.80"', 'weight = "11"', "model.adapters[0].weight", 'from "-10" to "10"'),
        ('weight = "0.80"', 'scale = "1"', "model.adapters[0].scale", "unknown key"),
        (
            "apache-2.0 or",
            "openrail and",
            "licence.expression",
            "'openrail' is not on the SPDX list; expected an SPDX id or LicenseRef-openrail",
        ),
        ("apache-2.0 or", "apache-2.0 or or", "licence.expression", "expected an SPDX licence expression"),
        (
            'commercial_use = "yes"',
            "commercial_use = true",
            "licence.commercial_use",
            "one of yes, no, unknown",
        ),
        ('channel = "commercial"', 'channel = "shop"', "publication.channel", "commercial, non-commercial"),
        ('profile = "social-feed"', 'profile = "../x"', "publication.profile", "lower-case letters"),
        ('policy = "product"', 'policy = ""', "moderation.policy", "lower-case letters"),
        ("images_per_day = 100", "images_per_day = -1", "budget.images_per_day", "from 0 to 1000000"),
    ],
)
def test_a_bad_file_names_the_key_and_what_was_expected(old: str, new: str, key: str, expected: str) -> None:
    error = refusal(old, new)
    assert (error.key, expected in error.expected) == (key, True), error


def test_a_missing_table_is_named() -> None:
    with pytest.raises(FamilyError) as caught:
        family(GOOD[: GOOD.index("[budget]")])
    assert (caught.value.key, caught.value.expected) == ("budget", "missing; expected a table")


def test_an_unknown_sampler_lists_the_known_ones_and_is_a_family_error() -> None:
    error = refusal("DPM++ 2M Karras", "DPM++ 2M karras")
    assert isinstance(error, UnknownSampler)
    assert error.key == "recipe.sampler"
    assert "known: Euler, Euler a" in error.expected


def test_flow_matching_samplers_are_known() -> None:
    assert family(GOOD.replace("DPM++ 2M Karras", "FlowMatch Euler")).recipe.sampler == "FlowMatch Euler"


def test_too_many_variants_are_counted_before_they_are_made() -> None:
    many = ", ".join(f'"v{number}"' for number in range(MAX_VARIANTS // 3 + 1))
    error = refusal('"white", "black"', many)
    assert (error.key, f"at most {MAX_VARIANTS} variants, not 20001" in error.expected) == (
        "attributes",
        True,
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_body_is_read_or_refused_by_name(body: object) -> None:
    for place in ("title", "attributes", "recipe", "model", "budget"):
        with pytest.raises(FamilyError):
            parsed("f", "test", {**tomllib.loads(GOOD), place: body, "x": 1})


def test_the_sample_family_is_good() -> None:
    folder = Path(__file__).parents[2] / "families" / "rumba"
    body = tomllib.loads((folder / "family.toml").read_text())
    assert parsed("rumba", "rumba", body).variants == 128
