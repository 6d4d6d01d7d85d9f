"""The table of samplers: every row exists in diffusers and can be set up; no name is silently replaced."""

import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.errors import UnknownSampler
from wetplate.recipes.samplers import (
    FLOW,
    SAMPLERS,
    SCHEDULES,
    from_comfy,
    from_invoke,
    fuse,
    scheduler,
    split,
)

NAMES = [*SAMPLERS, *(f"{name} {schedule}" for name in SAMPLERS for schedule in SCHEDULES)]
BASE = {
    "num_train_timesteps": 100,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}


def possible(name: str, *, flow: bool = False) -> bool:
    try:
        scheduler(name, flow=flow)
    except UnknownSampler:
        return False
    return True


def sampled(scheduler: Any) -> bool:
    """Whether four steps from noise towards nothing stay finite."""
    import torch

    noise = torch.Generator().manual_seed(7)
    scheduler.set_timesteps(4)
    picture = torch.randn(1, 4, 4, 4, generator=noise)
    drawn = {"generator": noise} if "generator" in inspect.signature(scheduler.step).parameters else {}
    for step in scheduler.timesteps:
        if hasattr(scheduler, "scale_model_input"):
            scheduler.scale_model_input(picture, step)
        picture = scheduler.step(torch.zeros_like(picture), step, picture, **drawn).prev_sample
    return bool(torch.isfinite(picture).all())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # diffusers against numpy 2
def test_every_row_is_a_diffusers_scheduler_that_samples() -> None:
    import diffusers

    for flow in (False, True):
        for name in [name for name in NAMES if possible(name, flow=flow)]:
            row = scheduler(name, flow=flow)
            made = getattr(diffusers, row.class_name).from_config(BASE, **row.kwargs)
            assert sampled(made), name
            assert {key: made.config[key] for key in row.kwargs} == dict(row.kwargs), name


@pytest.mark.parametrize(
    ("name", "class_name", "kwargs"),
    [
        ("Euler", "EulerDiscreteScheduler", {}),
        ("DDIM", "DDIMScheduler", {}),
        ("PLMS", "PNDMScheduler", {"skip_prk_steps": True}),
        ("LCM", "LCMScheduler", {}),
        ("Euler a SGM Uniform", "EulerAncestralDiscreteScheduler", {"timestep_spacing": "trailing"}),
        ("FlowMatch Euler", "FlowMatchEulerDiscreteScheduler", {}),
        ("FlowMatch Euler Simple", "FlowMatchEulerDiscreteScheduler", {}),
        (
            "DPM++ 3M SDE Exponential",
            "DPMSolverMultistepScheduler",
            {
                "algorithm_type": "sde-dpmsolver++",
                "solver_order": 3,
                "use_karras_sigmas": False,
                "use_exponential_sigmas": True,
                "use_beta_sigmas": False,
            },
        ),
    ],
)
def test_rows(name: str, class_name: str, kwargs: dict[str, object]) -> None:
    row = scheduler(name)
    assert (row.class_name, dict(row.kwargs)) == (class_name, kwargs)


def test_a_flow_matching_model_gives_ordinary_names_their_own_class() -> None:
    assert scheduler("Euler", flow=True).class_name == "FlowMatchEulerDiscreteScheduler"
    assert set(FLOW) == {"FlowMatch Euler", "FlowMatch Heun", "FlowMatch LCM", "Euler", "Heun", "LCM"}
    with pytest.raises(
        UnknownSampler, match="cannot drive a flow-matching model; known there: FlowMatch Euler"
    ):
        scheduler("DDIM", flow=True)


@pytest.mark.parametrize("name", ["", "euler", "DPM++ 2S a", "Karras", "Euler  Karras", "Euler KL Optimal"])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownSampler, match=r"known: Euler, Euler a, Heun, .*schedule type: SGM Uniform"):
        scheduler(name)


def test_a_schedule_the_class_cannot_follow_is_refused() -> None:
    with pytest.raises(
        UnknownSampler, match="EulerAncestralDiscreteScheduler has no such schedule; it knows: SGM"
    ):
        scheduler("Euler a Karras")


@given(st.sampled_from([name for name in NAMES if possible(name)]))
def test_fusing_what_was_split_gives_the_name(name: str) -> None:
    assert fuse(*split(name)) == name


@pytest.mark.parametrize(
    ("sampler", "schedule", "name"),
    [
        ("DPM++ 2M Karras", None, "DPM++ 2M Karras"),
        ("DPM++ 2M", "Karras", "DPM++ 2M Karras"),
        ("DPM++ 2M", "Automatic", "DPM++ 2M Karras"),
        ("DPM++ 2M SDE", "Automatic", "DPM++ 2M SDE Exponential"),
        ("DPM++ 2M", None, "DPM++ 2M"),
        ("DPM++ 2M Karras", "Automatic", "DPM++ 2M Karras"),
        ("DPM++ 2M Karras", "Beta", "DPM++ 2M Beta"),
        ("Euler", "Automatic", "Euler"),
    ],
)
def test_old_fused_names_and_new_schedule_types_meet(sampler: str, schedule: str | None, name: str) -> None:
    assert fuse(sampler, schedule) == name


def test_other_tools_names() -> None:
    assert from_comfy("dpmpp_2m_sde_gpu") == "DPM++ 2M SDE"
    assert from_invoke("dpmpp_2m_k") == "DPM++ 2M Karras"
    assert from_invoke("k_euler_a") == "Euler a"
    assert from_invoke("nonsense_k") is None
    assert from_comfy("res_multistep") is None


def test_no_name_of_another_tool_stands_in_two_rows() -> None:
    for names in (
        [n for row in SAMPLERS.values() for n in row.comfy],
        [n for row in SAMPLERS.values() for n in row.invoke],
    ):
        assert len(names) == len(set(names))
