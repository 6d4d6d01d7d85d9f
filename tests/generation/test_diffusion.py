"""The diffusers painter on tiny pipelines of every class: real loading, real denoising, noise as pictures."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

from tests.contracts.painter import PainterContract
from tests.generation.conftest import recipes_for
from wetplate.errors import BlankPainting, ModelError, PaintingError, UnknownSampler
from wetplate.generation import pipeline
from wetplate.generation.diffusion import DiffusionPainter, Stack
from wetplate.recipes.model import model_digest
from wetplate.recipes.recipe import Adapter, ModelRef, Recipe

# diffusers 0.42 hands torch tensors to numpy 2.4 in a way numpy deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
STACK = Stack(device="cpu", batch=2, threads=1)
Folder = Callable[[str], Path]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def plain(pipelines: Folder) -> list[Recipe]:
    return recipes_for(pipelines("stable-diffusion"))


@pytest.fixture(scope="module")
def painter() -> DiffusionPainter:
    return DiffusionPainter(STACK)


@pytest.fixture(scope="module")
def loaded(pipelines: Folder) -> pipeline.Loaded:
    model = recipes_for(pipelines("stable-diffusion"))[0].model
    return pipeline.load(model, device="cpu", dtype=torch.float32, compiled=False)


@pytest.fixture(params=["stable-diffusion", "sdxl", "sd3", "flux"])
def recipes(pipelines: Folder, request: pytest.FixtureRequest) -> list[Recipe]:
    return recipes_for(pipelines(request.param))


class TestDiffusionPainter(PainterContract):
    """The contract, on a pipeline of each class."""


def first(recipes: list[Recipe], stack: Stack = STACK) -> np.ndarray[Any, Any]:
    return next(DiffusionPainter(stack).paint(recipes[:1])).pixels


def test_sampler_prompt_and_negative_prompt_all_matter(plain: list[Recipe]) -> None:
    recipe = replace(plain[0], guidance="90")
    others = [
        replace(recipe, sampler="DDIM"),
        replace(recipe, prompt="zz top"),
        replace(recipe, negative_prompt="ugly"),
        replace(recipe, guidance="1"),
    ]
    pictures = [painting.pixels for painting in DiffusionPainter(STACK).paint([recipe, *others])]
    assert [bool((pictures[0] != other).any()) for other in pictures[1:]] == [True] * 4


def test_a_pipeline_gets_only_what_it_takes(loaded: pipeline.Loaded, plain: list[Recipe]) -> None:
    recipe = replace(plain[0], negative_prompt="ugly")
    asked = loaded.arguments([recipe])
    assert (asked["guidance_scale"], asked["negative_prompt"]) == (3.0, ["ugly"])

    class Unguided:
        def __call__(self, prompt: list[str], num_inference_steps: int) -> None: ...

    assert sorted(replace(loaded, pipe=Unguided()).arguments([recipe])) == ["num_inference_steps", "prompt"]


def test_a_short_batch_is_padded_and_the_size_recorded(plain: list[Recipe]) -> None:
    paintings = list(DiffusionPainter(replace(STACK, batch=2)).paint(plain))
    assert [painting.runtime.batch for painting in paintings] == [2, 2, 2]
    alone = next(DiffusionPainter(replace(STACK, batch=2)).paint(plain[2:]))
    np.testing.assert_array_equal(paintings[2].pixels, alone.pixels)


def test_every_model_file_is_recorded(plain: list[Recipe]) -> None:
    files = next(DiffusionPainter(STACK).paint(plain[:1])).model_files
    assert "model_index.json" in files
    assert "unet/diffusion_pytorch_model.safetensors" in files


def test_unknown_sampler(plain: list[Recipe]) -> None:
    with pytest.raises(UnknownSampler, match="Euler"):
        first([replace(plain[0], sampler="Guesswork")])


def test_a_flow_model_refuses_a_noise_sampler(pipelines: Folder) -> None:
    with pytest.raises(UnknownSampler, match="flow"):
        first(recipes_for(pipelines("flux"), sampler="DDIM"))


def test_a_size_the_pipeline_cannot_paint(plain: list[Recipe]) -> None:
    with pytest.raises(PaintingError, match="divisible"):
        first([replace(plain[0], width=63)])


def test_a_sampler_leaves_nothing_behind_for_the_next(loaded: pipeline.Loaded) -> None:
    loaded.follow("Euler")
    alone = dict(loaded.pipe.scheduler.config)
    loaded.follow("DPM++ 2M Karras")
    assert loaded.pipe.scheduler.config.use_karras_sigmas
    loaded.follow("Euler")
    assert dict(loaded.pipe.scheduler.config) == alone
    assert not alone["use_karras_sigmas"]


class Starved:
    """A pipeline that runs out of memory above a batch size; otherwise the real one."""

    def __init__(self, loaded: pipeline.Loaded, most: int, error: Exception) -> None:
        self._pipe, self._most, self._error, self.asked = loaded.pipe, most, error, list[int]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipe, name)

    def __call__(self, *, prompt: list[str], guidance_scale: float, **more: Any) -> Any:
        self.asked.append(len(prompt))
        if len(prompt) > self._most:
            raise self._error
        return self._pipe(prompt=prompt, guidance_scale=guidance_scale, **{"num_inference_steps": 1, **more})


OUT = [
    torch.OutOfMemoryError("CUDA out of memory"),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("MPS backend out of memory"),
    MemoryError(),
]


def starved(
    loaded: pipeline.Loaded, recipe: Recipe, most: int, error: Exception
) -> tuple[DiffusionPainter, Starved]:
    painter, pipe = DiffusionPainter(replace(STACK, batch=4)), Starved(loaded, most, error)
    painter._model = (recipe.model, replace(loaded, pipe=pipe))
    return painter, pipe


@pytest.mark.parametrize("error", OUT, ids=lambda error: str(error)[:12] or "MemoryError")
def test_out_of_memory_halves_the_batch_and_goes_on(
    loaded: pipeline.Loaded, plain: list[Recipe], error: Exception
) -> None:
    painter, pipe = starved(loaded, plain[0], 1, error)
    paintings = list(painter.paint(plain))
    assert [painting.recipe.id for painting in paintings] == [recipe.id for recipe in plain]
    assert {painting.runtime.batch for painting in paintings} == {1}
    assert pipe.asked == [4, 2, 1, 1, 1]


def test_no_memory_for_one_image(loaded: pipeline.Loaded, plain: list[Recipe]) -> None:
    painter, _ = starved(loaded, plain[0], 0, OUT[0])
    with pytest.raises(PaintingError, match="out of memory on cpu for one image"):
        list(painter.paint(plain))


def test_another_failure_is_no_reason_to_halve(loaded: pipeline.Loaded, plain: list[Recipe]) -> None:
    painter, pipe = starved(loaded, plain[0], 0, RuntimeError("shapes differ"))
    with pytest.raises(PaintingError, match="shapes differ"):
        list(painter.paint(plain))
    assert pipe.asked == [4]


class Blank(Starved):
    """Paints its second picture as NaN."""

    def __call__(self, *, prompt: list[str], guidance_scale: float, **more: Any) -> Any:
        output = super().__call__(prompt=prompt, guidance_scale=guidance_scale, **more)
        output.images[1] = np.nan
        return output


def test_a_blank_output_costs_only_itself(loaded: pipeline.Loaded, plain: list[Recipe]) -> None:
    painter = DiffusionPainter(replace(STACK, batch=4))
    painter._model = (plain[0].model, replace(loaded, pipe=Blank(loaded, 9, OUT[0])))
    paintings = painter.paint(plain)
    assert [next(paintings).recipe.id, next(paintings).recipe.id] == [plain[0].id, plain[2].id]
    with pytest.raises(BlankPainting, match=plain[1].id[:12]):
        next(paintings)


def test_weights_of_nan_are_a_blank_painting(pipelines: Folder, tmp_path: Path) -> None:
    folder = shutil.copytree(pipelines("stable-diffusion"), tmp_path / "nan")
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    save_file({name: torch.full_like(t, torch.nan) for name, t in load_file(file).items()}, file)
    with pytest.raises(BlankPainting, match="NaN"):
        first(recipes_for(folder))


def test_unreadable_weights(pipelines: Folder, tmp_path: Path) -> None:
    folder = shutil.copytree(pipelines("stable-diffusion"), tmp_path / "cut")
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(ModelError, match="cannot be loaded"):
        first(recipes_for(folder))


def test_pickle_only_checkpoint(pipelines: Folder, tmp_path: Path) -> None:
    folder = shutil.copytree(pipelines("stable-diffusion"), tmp_path / "pickled")
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    torch.save(load_file(file), folder / "unet" / "diffusion_pytorch_model.bin")
    file.unlink()
    with pytest.raises(ModelError, match="only pickled weights"):
        first(recipes_for(folder))


def test_a_safety_checker_is_not_loaded(pipelines: Folder, tmp_path: Path) -> None:
    folder = shutil.copytree(pipelines("stable-diffusion"), tmp_path / "checked")
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    (folder / "model_index.json").write_text(json.dumps(index))
    first(recipes_for(folder))


def test_hub_out_of_reach(monkeypatch: pytest.MonkeyPatch, plain: list[Recipe]) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    model = ModelRef("nobody/nothing", "0" * 40)
    with pytest.raises(ModelError, match="cannot be fetched from the hub"):
        first([replace(plain[0], model=model)])
    adapter = Adapter("nobody/nothing", "0" * 40)
    with pytest.raises(ModelError, match="cannot be fetched from the hub"):
        first([replace(plain[0], model=replace(plain[0].model, adapters=(adapter,)))])


def adapter_of(folder: Path, target: Path) -> Adapter:
    """A LoRA with random weights for the U-Net of a pipeline folder."""
    from diffusers import StableDiffusionPipeline

    torch.manual_seed(3)
    pipe = StableDiffusionPipeline.from_pretrained(folder, use_safetensors=True)
    pipe.unet.add_adapter(LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q", "to_v"]))
    StableDiffusionPipeline.save_lora_weights(
        target, unet_lora_layers=get_peft_model_state_dict(pipe.unet), safe_serialization=True
    )
    return Adapter(str(target), model_digest(target))


def test_an_adapter_changes_the_picture_by_its_weight(pipelines: Folder, tmp_path: Path) -> None:
    folder = pipelines("stable-diffusion")
    adapter = adapter_of(folder, tmp_path / "lora")
    without = first(recipes_for(folder))
    full = next(DiffusionPainter(STACK).paint(recipes_for(folder, adapters=(adapter,))))
    none = first(recipes_for(folder, adapters=(replace(adapter, weight="0"),)))
    assert (full.pixels != without).any()
    np.testing.assert_array_equal(none, without)
    assert f"adapters/{adapter.id}/pytorch_lora_weights.safetensors" in full.model_files


def test_an_adapter_that_is_missing_or_pickled(pipelines: Folder, tmp_path: Path) -> None:
    folder = pipelines("stable-diffusion")
    with pytest.raises(ModelError, match="no such model folder"):
        first(recipes_for(folder, adapters=(Adapter(str(tmp_path / "no"), "sha256:" + "0" * 64),)))
    (tmp_path / "lora.bin").write_bytes(b"pickle")
    with pytest.raises(ModelError, match="expected one"):
        first(recipes_for(folder, adapters=(Adapter(str(tmp_path), model_digest(tmp_path)),)))


def test_an_adapter_of_another_model(pipelines: Folder, tmp_path: Path) -> None:
    save_file({"nonsense.weight": torch.zeros(2)}, tmp_path / "lora.safetensors")
    adapter = Adapter(str(tmp_path), model_digest(tmp_path))
    with pytest.raises(ModelError, match="cannot be loaded"):
        first(recipes_for(pipelines("stable-diffusion"), adapters=(adapter,)))


def test_half_precision_paints_too(plain: list[Recipe]) -> None:
    picture = next(DiffusionPainter(replace(STACK, dtype="bfloat16")).paint(plain[:1]))
    assert picture.runtime.dtype == "bfloat16"


@pytest.mark.parametrize(
    ("stack", "says"),
    [
        (Stack(device="tpu"), "WETPLATE_DEVICE"),
        (Stack(device="cpu", dtype="int3"), "WETPLATE_DTYPE"),
        (Stack(device="cpu", batch=0), "WETPLATE_BATCH"),
    ],
)
def test_settings_that_cannot_paint(stack: Stack, says: str) -> None:
    with pytest.raises(PaintingError, match=says):
        DiffusionPainter(stack)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_paints_on_the_gpu_with_noise_from_the_cpu(plain: list[Recipe]) -> None:
    there, here = first(plain, replace(STACK, device="cuda")), first(plain)
    assert np.abs(there.astype(int) - here.astype(int)).mean() < 3
