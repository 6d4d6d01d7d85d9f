"""Samplers: one table from A1111's names to diffusers' scheduler classes.

Here: names, classes and keyword arguments, as plain text and values. Not here: any diffusers import; the
painter builds `getattr(diffusers, class_name).from_config(pipeline.scheduler.config, **kwargs)`.

Rules:
1. A name is a sampler, or a sampler and a schedule type fused as A1111 did before 1.9: `DPM++ 2M Karras`.
2. A name without a schedule type leaves the schedule to the model's own scheduler configuration.
3. A schedule a class cannot follow is refused; nothing is silently replaced by something close.
4. Names that only flow-matching pipelines (SD3, Flux) know start with `FlowMatch`; the ordinary names that
   such a pipeline can follow are found with `flow=True`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from wetplate.errors import UnknownSampler

Option = bool | int | str


@dataclass(frozen=True)
class Scheduler:
    """A diffusers class and what to change in the model's own scheduler configuration."""

    class_name: str
    kwargs: Mapping[str, Option]


@dataclass(frozen=True)
class Sampler:
    """One row of the table.

    `sigmas`: the class takes `use_karras_sigmas` and its kind; `spacing`: it takes `timestep_spacing`;
    `automatic`: the schedule type that A1111 means by Automatic ("" = none of its own);
    `native`: the schedule type that the class follows without being told;
    `comfy` and `invoke`: what ComfyUI and InvokeAI call it.
    """

    class_name: str
    kwargs: Mapping[str, Option] = field(default_factory=dict)
    sigmas: bool = False
    spacing: bool = True
    automatic: str = ""
    native: str = ""
    comfy: tuple[str, ...] = ()
    invoke: tuple[str, ...] = ()


_SDE = {"algorithm_type": "sde-dpmsolver++"}
_FLOW = "Simple"  # the schedule type that flow-matching schedulers follow by themselves

SAMPLERS: Mapping[str, Sampler] = MappingProxyType(
    {
        "Euler": Sampler(
            "EulerDiscreteScheduler", sigmas=True, comfy=("euler",), invoke=("euler", "k_euler")
        ),
        "Euler a": Sampler(
            "EulerAncestralDiscreteScheduler", comfy=("euler_ancestral",), invoke=("euler_a", "k_euler_a")
        ),
        "Heun": Sampler("HeunDiscreteScheduler", sigmas=True, comfy=("heun",), invoke=("heun", "k_heun")),
        "LMS": Sampler("LMSDiscreteScheduler", sigmas=True, comfy=("lms",), invoke=("lms", "k_lms")),
        "DDIM": Sampler("DDIMScheduler", comfy=("ddim",), invoke=("ddim",)),
        "DDPM": Sampler("DDPMScheduler", comfy=("ddpm",), invoke=("ddpm",)),
        "PLMS": Sampler("PNDMScheduler", {"skip_prk_steps": True}, invoke=("plms", "pndm")),
        # A1111's own defaults: variant bh1, order 3, down to the smallest noise (to zero, bh1 gives NaN).
        "UniPC": Sampler(
            "UniPCMultistepScheduler",
            {"solver_type": "bh1", "solver_order": 3, "final_sigmas_type": "sigma_min"},
            sigmas=True,
            comfy=("uni_pc",),
            invoke=("unipc",),
        ),
        "LCM": Sampler("LCMScheduler", comfy=("lcm",), invoke=("lcm",)),
        "TCD": Sampler("TCDScheduler", invoke=("tcd",)),
        "DEIS": Sampler("DEISMultistepScheduler", sigmas=True, comfy=("deis",), invoke=("deis",)),
        "DPM2": Sampler(
            "KDPM2DiscreteScheduler",
            sigmas=True,
            automatic="Karras",
            comfy=("dpm_2",),
            invoke=("kdpm_2", "k_dpm_2"),
        ),
        "DPM2 a": Sampler(
            "KDPM2AncestralDiscreteScheduler",
            sigmas=True,
            automatic="Karras",
            comfy=("dpm_2_ancestral",),
            invoke=("kdpm_2_a", "k_dpm_2_a"),
        ),
        "DPM++ 2M": Sampler(
            "DPMSolverMultistepScheduler",
            {"algorithm_type": "dpmsolver++", "solver_order": 2},
            sigmas=True,
            automatic="Karras",
            comfy=("dpmpp_2m",),
            invoke=("dpmpp_2m", "k_dpmpp_2"),
        ),
        "DPM++ 2M SDE": Sampler(
            "DPMSolverMultistepScheduler",
            {**_SDE, "solver_order": 2},
            sigmas=True,
            automatic="Exponential",
            comfy=("dpmpp_2m_sde", "dpmpp_2m_sde_gpu"),
            invoke=("dpmpp_2m_sde",),
        ),
        "DPM++ 2M SDE Heun": Sampler(
            "DPMSolverMultistepScheduler",
            {**_SDE, "solver_order": 2, "solver_type": "heun"},
            sigmas=True,
            automatic="Exponential",
            comfy=("dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun_gpu"),
        ),
        "DPM++ 3M SDE": Sampler(
            "DPMSolverMultistepScheduler",
            {**_SDE, "solver_order": 3},
            sigmas=True,
            automatic="Exponential",
            comfy=("dpmpp_3m_sde", "dpmpp_3m_sde_gpu"),
            invoke=("dpmpp_3m",),
        ),
        "DPM++ SDE": Sampler(
            "DPMSolverSinglestepScheduler",
            {**_SDE, "solver_order": 2, "lower_order_final": True},
            sigmas=True,
            spacing=False,
            automatic="Karras",
            comfy=("dpmpp_sde", "dpmpp_sde_gpu"),
            invoke=("dpmpp_sde",),
        ),
        "FlowMatch Euler": Sampler(
            "FlowMatchEulerDiscreteScheduler", sigmas=True, spacing=False, native=_FLOW
        ),
        "FlowMatch Heun": Sampler("FlowMatchHeunDiscreteScheduler", spacing=False, native=_FLOW),
        "FlowMatch LCM": Sampler("FlowMatchLCMScheduler", sigmas=True, spacing=False, native=_FLOW),
    }
)

#: What an ordinary name means to a flow-matching pipeline; a name that is missing here has no meaning there.
FLOW: Mapping[str, Sampler] = MappingProxyType(
    {
        **{name: row for name, row in SAMPLERS.items() if name.startswith("FlowMatch")},
        "Euler": SAMPLERS["FlowMatch Euler"],
        "Heun": SAMPLERS["FlowMatch Heun"],
        "LCM": SAMPLERS["FlowMatch LCM"],
    }
)

_SIGMAS = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas")

#: Schedule types as A1111 names them; longest first, so that "SGM Uniform" is not read as "Uniform".
SCHEDULES: Mapping[str, Mapping[str, Option]] = MappingProxyType(
    {
        "SGM Uniform": {"timestep_spacing": "trailing"},
        "Exponential": {"use_exponential_sigmas": True},
        "Uniform": {"timestep_spacing": "linspace"},
        "Normal": {"timestep_spacing": "linspace"},
        "Karras": {"use_karras_sigmas": True},
        "Simple": {"timestep_spacing": "trailing"},
        "Beta": {"use_beta_sigmas": True},
        "DDIM": {"timestep_spacing": "leading"},
    }
)


def scheduler(name: str, *, flow: bool = False) -> Scheduler:
    """The diffusers scheduler of a sampler name; `flow` for a pipeline that matches flows (SD3, Flux).

    Raises UnknownSampler, listing what is known.
    """
    sampler, schedule = split(name)
    table = FLOW if flow else SAMPLERS
    if sampler not in table:
        raise UnknownSampler(
            f"sampler {name!r} cannot drive a flow-matching model; known there: {', '.join(table)}"
        )
    row = table[sampler]
    return Scheduler(row.class_name, {**row.kwargs, **_scheduled(name, row, schedule)})


def split(name: str) -> tuple[str, str]:
    """A name as sampler and schedule type ("" when it names none). Raises UnknownSampler."""
    if name in SAMPLERS:
        return name, ""
    for schedule in SCHEDULES:
        sampler = name.removesuffix(f" {schedule}")
        if sampler != name and sampler in SAMPLERS:
            return sampler, schedule
    raise UnknownSampler(
        f"unknown sampler {name!r}; known: {', '.join(SAMPLERS)}; "
        f"each may be followed by a schedule type: {', '.join(SCHEDULES)}"
    )


def fuse(sampler: str, schedule: str | None) -> str:
    """One name for A1111's `Sampler` and `Schedule type`. Automatic means the sampler's own schedule.

    Raises UnknownSampler.
    """
    plain, fused = split(sampler)
    chosen = schedule or fused
    if chosen == "Automatic":
        chosen = fused or SAMPLERS[plain].automatic
    name = f"{plain} {chosen}" if chosen else plain
    scheduler(name)
    return name


def from_comfy(sampler: str) -> str | None:
    """A1111's name for a ComfyUI sampler, if it has one."""
    return next((name for name, row in SAMPLERS.items() if sampler in row.comfy), None)


def from_invoke(sampler: str) -> str | None:
    """A1111's name for an InvokeAI scheduler (a final `_k` means Karras), if it has one."""
    plain = next((name for name, row in SAMPLERS.items() if sampler in row.invoke), None)
    if plain is None and sampler.endswith("_k"):
        karras = from_invoke(sampler.removesuffix("_k"))
        return f"{karras} Karras" if karras else None
    return plain


def _scheduled(name: str, row: Sampler, schedule: str) -> Mapping[str, Option]:
    """What a schedule type changes; sigma schedules exclude each other, whatever the model's own was."""
    if schedule in ("", row.native):
        return {}
    change = SCHEDULES[schedule]
    if not _follows(row, change, schedule):
        known = ", ".join(kind for kind, keys in SCHEDULES.items() if _follows(row, keys, kind))
        raise UnknownSampler(f"{name!r}: {row.class_name} has no such schedule; it knows: {known}")
    return {**(dict.fromkeys(_SIGMAS, False) if row.sigmas else {}), **change}


def _follows(row: Sampler, change: Mapping[str, Option], schedule: str) -> bool:
    return schedule == row.native or (row.spacing if "timestep_spacing" in change else row.sigmas)
