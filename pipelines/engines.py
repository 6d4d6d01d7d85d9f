"""Which engine runs the steps. One setting, same assets.

`local` (a process per step), `in-process` (a run in one process: no start-up per step, no isolation either),
`ray` or `k8s`.
"""

import importlib

import dagster as dg

from wetplate.errors import WetplateError

# A fork server that holds the code location (no torch in it, no CUDA) halves what a step's process costs.
LOCAL = {
    "max_concurrent": 2,
    "start_method": {"forkserver": {"preload_modules": ["pipelines.definitions"]}},
}
EXTRAS = {"ray": ("dagster_ray.executor", "ray_executor"), "k8s": ("dagster_k8s", "k8s_job_executor")}


class UnknownEngine(WetplateError):
    """WETPLATE_EXECUTOR names an engine we do not know, or one whose package is not installed."""


def executor(engine: str) -> dg.ExecutorDefinition:
    """The executor behind a name. Raises UnknownEngine."""
    if engine == "in-process":
        return dg.in_process_executor
    if engine == "local":
        return dg.multiprocess_executor.configured(LOCAL)
    if engine not in EXTRAS:
        raise UnknownEngine(f"WETPLATE_EXECUTOR={engine!r}: expected local, in-process, {', '.join(EXTRAS)}")
    module, name = EXTRAS[engine]
    try:
        found: dg.ExecutorDefinition = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise UnknownEngine(
            f"WETPLATE_EXECUTOR={engine}: install dagster-{engine} first ({error})"
        ) from error
    return found
