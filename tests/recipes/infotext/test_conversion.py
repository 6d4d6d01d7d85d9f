"""Infotext and recipe: there and back, and a list of what that took for granted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.errors import InfotextError, UnknownSampler
from wetplate.recipes.infotext.conversion import exported, imported
from wetplate.recipes.infotext.grammar import parse, write
from wetplate.recipes.infotext.text import Infotext
from wetplate.recipes.recipe import Adapter, ModelRef, Recipe

MODEL = ModelRef("families/shoe/model", f"sha256:{'a' * 64}", (Adapter("owner/lora", "b" * 40, "0.8"),))
FIELDS = {
    "Steps": "20",
    "Sampler": "Euler a",
    "CFG scale": "7.0",
    "Seed": "1",
    "Size": "512x768",
    "RNG": "CPU",
}


def told(**more: str) -> dict[str, str]:
    return {**FIELDS, **{key.replace("_", " "): value for key, value in more.items()}}


def recipe_of(parameters: dict[str, str]) -> Recipe:
    return imported(Infotext("a", "", parameters), family="shoe", variant={}, model=MODEL).recipe


RECIPES = st.builds(
    Recipe,
    family=st.just("shoe"),
    variant=st.just({"lace": "red"}),
    prompt=st.sampled_from(["a shoe", "a shoe,\nstudio", "Steps: 1, Seed: 2, Size: 3x3"]),
    negative_prompt=st.sampled_from(["", "ugly, blurry"]),
    model=st.just(MODEL),
    sampler=st.sampled_from(["DDIM", "DPM++ 2M Karras", "DPM++ 2M", "Euler SGM Uniform", "FlowMatch Euler"]),
    steps=st.integers(1, 150),
    guidance=st.sampled_from(["0", "1", "7.5"]),
    seed=st.integers(0, 2**63 - 1),
    width=st.just(512),
    height=st.just(768),
)


@given(RECIPES)
def test_a_recipe_comes_back_from_its_infotext(recipe: Recipe) -> None:
    back = imported(
        parse(write(exported(recipe)), strict=True), family="shoe", variant={"lace": "red"}, model=MODEL
    )
    assert back.recipe == recipe
    assert back.dropped == ()


def test_the_text_of_a_recipe() -> None:
    recipe = Recipe("shoe", {}, "a shoe", "ugly", MODEL, "DPM++ 2M Karras", 4, "7.5", 7, 256, 512)
    assert write(exported(recipe)) == (
        "a shoe\nNegative prompt: ugly\n"
        "Steps: 4, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 7, "
        f'Size: 256x512, Model: families/shoe/model, RNG: CPU, Model revision: "sha256:{"a" * 64}", '
        f'Adapter 1: "owner/lora@{"b" * 40}:0.8"'
    )


def test_the_numbers_take_their_shortest_form() -> None:
    recipe = recipe_of(FIELDS)
    assert (recipe.guidance, recipe.steps, recipe.seed, recipe.width, recipe.height) == ("7", 20, 1, 512, 768)


def test_an_old_fused_sampler_and_a_new_schedule_type_are_one() -> None:
    assert recipe_of(told(Sampler="DPM++ 2M Karras")).sampler == "DPM++ 2M Karras"
    assert recipe_of(told(Sampler="DPM++ 2M", Schedule_type="Karras")).sampler == "DPM++ 2M Karras"
    assert recipe_of(told(Sampler="DPM++ 2M", Schedule_type="Automatic")).sampler == "DPM++ 2M Karras"


def test_absent_rng_means_the_gpu_and_is_told() -> None:
    without = {key: value for key, value in FIELDS.items() if key != "RNG"}
    done = imported(Infotext("a", "", without), family="shoe", variant={}, model=MODEL)
    assert "noise from the CPU generator stands in for RNG GPU" in done.assumed


def test_what_a_recipe_cannot_carry_is_told() -> None:
    parameters = told(Clip_skip="2", Tiling="False", Version="v1.9.4", Model_hash="7460a6fa")
    done = imported(Infotext("a", "", parameters, ("x",), ("y",)), family="shoe", variant={}, model=MODEL)
    assert done.dropped == ("y", "Clip skip: '2'")
    assert done.assumed[0] == "x"
    assert any("is the model that the infotext calls '7460a6fa'" in what for what in done.assumed)


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"Steps": "1", "Sampler": "DDIM"}, "the infotext lacks CFG scale, Seed, Size"),
        (told(Size="big"), "Size: expected WIDTHxHEIGHT, not 'big'"),
        (told(Size="9" * 5000 + "x1"), "Size: expected"),
        (told(Steps="-1"), "Steps: expected a whole number, not '-1'"),
        (told(Steps="٣"), "Steps: expected a whole number"),
        (told(Seed="9" * 5000), "Seed: expected a whole number"),
        (told(CFG_scale="nan"), "CFG scale: expected a decimal number"),
    ],
)
def test_what_makes_no_recipe_is_refused(parameters: dict[str, str], why: str) -> None:
    with pytest.raises(InfotextError, match=why):
        recipe_of(parameters)


def test_an_unknown_sampler_is_refused_by_name() -> None:
    with pytest.raises(UnknownSampler, match="unknown sampler 'DPM adaptive'; known: Euler"):
        recipe_of(told(Sampler="DPM adaptive"))
