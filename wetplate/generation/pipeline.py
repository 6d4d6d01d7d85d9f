"""Pipelines: a recipe's model reference becomes a loaded diffusers pipeline (torch module).

Here: finding, checking, loading, adapters, scheduler, and the call's arguments. Not here: batches and memory
(`diffusion`). Whatever diffusers raises while loading becomes a ModelError that says what to do.

Rules: the checks of `checkpoint` come before any load; safety checkers stay off, since they blacken the
picture and hide the score (moderation judges instead).
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import DiffusionPipeline
from huggingface_hub import snapshot_download

from wetplate.errors import ModelError
from wetplate.generation import checkpoint
from wetplate.recipes import samplers
from wetplate.recipes.recipe import Adapter, ModelRef, Recipe
from wetplate.settings import ROOT

UNSAFE_SHORTCUTS: Mapping[str, Any] = {"safety_checker": None, "requires_safety_checker": False}


@dataclass(frozen=True)
class Loaded:
    """A pipeline ready to be called, the SHA-256 of every file it came from, and its own scheduler.

    `scheduler` is the one the model was published with: what one sampler changed must not reach the next.
    """

    pipe: Any
    files: Mapping[str, str]
    scheduler: Any

    @property
    def flow(self) -> bool:
        """Whether the model matches flows (SD3, Flux) instead of predicting noise."""
        return "FlowMatch" in type(self.scheduler).__name__

    def follow(self, sampler: str) -> None:
        """A fresh scheduler for the sampler, from the model's own configuration. Raises UnknownSampler."""
        chosen = samplers.scheduler(sampler, flow=self.flow)
        kind = getattr(diffusers, chosen.class_name)
        self.pipe.scheduler = kind.from_config(self.scheduler.config, **chosen.kwargs)

    def arguments(self, recipes: Sequence[Recipe]) -> dict[str, Any]:
        """What to call the pipeline with; guidance and negative prompts only where it takes them."""
        first = recipes[0]
        wanted: dict[str, Any] = {
            "prompt": [recipe.prompt for recipe in recipes],
            "num_inference_steps": first.steps,
            "guidance_scale": float(first.guidance),
            "width": first.width,
            "height": first.height,
        }
        if first.negative_prompt:
            wanted["negative_prompt"] = [recipe.negative_prompt for recipe in recipes]
        taken = inspect.signature(self.pipe.__call__).parameters
        return {name: value for name, value in wanted.items() if name in taken}


def load(model: ModelRef, *, device: str, dtype: torch.dtype, compiled: bool) -> Loaded:
    """The model with its adapters, on the device. Raises ModelError."""
    folder = located(model)
    index = checkpoint.pipeline_index(folder)
    weights = [(adapter, adapter_file(adapter)) for adapter in model.adapters]
    try:
        pipe = _loaded(folder, index, dtype)
        _adapt(pipe, weights)
        pipe = pipe.to(device)
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise ModelError(
            f"{model.id}: not enough memory on {device} to load it; try WETPLATE_DTYPE=float16"
        ) from error
    except Exception as error:  # the library raises whatever its parts raise; only here is that known
        raise ModelError(f"{model.id}: cannot be loaded: {_line(error)}") from error
    if compiled:
        _denoiser(pipe).compile()
    files = {**checkpoint.file_digests(folder), **_adapter_digests(weights)}
    return Loaded(pipe, files, pipe.scheduler)


def located(model: ModelRef) -> Path:
    """The model's folder on this machine, holding what its revision pins; fetched from the hub if need be."""
    if checkpoint.is_local(model.id, model.revision):
        return checkpoint.pinned(ROOT / model.id, model.revision)
    return _fetched(
        model.id,
        model.revision,
        lambda: DiffusionPipeline.download(
            model.id, revision=model.revision, use_safetensors=True, trust_remote_code=False
        ),
    )


def adapter_file(adapter: Adapter) -> Path:
    """The one safetensors file of an adapter. Raises ModelError."""
    if checkpoint.is_local(adapter.id, adapter.revision):
        folder = checkpoint.pinned(ROOT / adapter.id, adapter.revision)
    else:
        folder = _fetched(
            adapter.id,
            adapter.revision,
            lambda: snapshot_download(adapter.id, revision=adapter.revision, allow_patterns="*.safetensors"),
        )
    files = sorted(folder.glob("*.safetensors"))
    if len(files) != 1:
        raise ModelError(f"{folder}: expected one .safetensors file of an adapter, found {len(files)}")
    return files[0]


def _fetched(name: str, revision: str, fetch: Any) -> Path:
    try:
        return Path(fetch())
    except Exception as error:  # httpx, hub and OS errors alike: nothing was loaded yet
        raise ModelError(
            f"{name}@{revision[:12]}: cannot be fetched from the hub ({_line(error)}); "
            "check the name and the network, or use a local folder with its sha256: revision"
        ) from error


def _loaded(folder: Path, index: Mapping[str, object], dtype: torch.dtype) -> Any:
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    shortcuts = {name: value for name, value in UNSAFE_SHORTCUTS.items() if name in index}
    pipe = DiffusionPipeline.from_pretrained(  # type: ignore[no-untyped-call]
        folder, use_safetensors=True, trust_remote_code=False, local_files_only=True, dtype=dtype, **shortcuts
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _adapt(pipe: Any, weights: Sequence[tuple[Adapter, Path]]) -> None:
    names = [f"adapter_{number}" for number in range(len(weights))]
    for name, (_, file) in zip(names, weights, strict=True):
        pipe.load_lora_weights(file.parent, weight_name=file.name, adapter_name=name, use_safetensors=True)
    if names:
        pipe.set_adapters(names, [float(adapter.weight) for adapter, _ in weights])


def _adapter_digests(weights: Sequence[tuple[Adapter, Path]]) -> dict[str, str]:
    return {
        f"adapters/{adapter.id}/{name}": digest
        for adapter, file in weights
        for name, digest in checkpoint.file_digests(file.parent).items()
    }


def _denoiser(pipe: Any) -> torch.nn.Module:
    module: torch.nn.Module = getattr(pipe, "transformer", None) or pipe.unet
    return module


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
