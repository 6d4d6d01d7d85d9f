"""A StableDiffusionPipeline small enough to be learnt on a CPU (torch module).

Belongs here: architecture, scheduler, the one noise of a family, saving and loading.
Does not belong here: how weights are learnt (training).

Rules: the parts are stock diffusers and transformers classes, so that the ordinary
`StableDiffusionPipeline.from_pretrained` loads what `save` wrote; one step from pure
noise: zero terminal SNR, trailing spacing, the network predicts the clean latent.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import diffusers
import numpy as np
import torch
import transformers
from diffusers.models.unets.unet_2d_blocks import AutoencoderTinyBlock
from numpy.typing import NDArray

from wetplate.rehydration import vocabulary
from wetplate.rehydration.hyperparameters import Architecture

Pipeline: TypeAlias = Any  # a StableDiffusionPipeline: diffusers declares its parts to no type checker
_diffusers: Any = diffusers
_transformers: Any = transformers

LAST_TIMESTEP = 999


def build(shape: Architecture, words: Sequence[str], size: int, seed: int) -> Pipeline:
    """An untrained pipeline; the same arguments give the same weights."""
    torch.manual_seed(seed)
    tokenizer = vocabulary.tokenizer(words)
    pipe = _diffusers.StableDiffusionPipeline(
        vae=autoencoder(shape),
        text_encoder=text_encoder(shape, tokenizer),
        tokenizer=tokenizer,
        unet=unet(shape, size),
        scheduler=scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    for module in (pipe.vae, pipe.unet):
        module.to(memory_format=torch.channels_last)
    return pipe


def autoencoder(shape: Architecture) -> Any:
    """Autoencoder without normalisation, so crops and whole pictures agree."""
    widths = (shape.autoencoder,) * len(shape.decoder)
    vae = _diffusers.AutoencoderTiny(
        encoder_block_out_channels=widths,
        decoder_block_out_channels=widths,
        latent_channels=shape.latent,
        num_encoder_blocks=shape.encoder,
        num_decoder_blocks=shape.decoder,
    )
    _start(vae)
    return vae


@torch.no_grad()
def _start(vae: Any) -> None:
    """Weights that keep the signal's size without normalisation; grey pictures at first."""
    for module in vae.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                module.bias.zero_()
    for module in vae.modules():
        if isinstance(module, AutoencoderTinyBlock):
            module.conv[-1].weight.mul_(0.2)
    vae.encoder.layers[-1].weight.mul_(0.5)
    vae.decoder.layers[-1].weight.mul_(0.3)
    vae.decoder.layers[-1].bias.fill_(0.5)


def unet(shape: Architecture, size: int) -> Any:
    """U-Net on latents; words speak to it at the coarsest level and on the way up, save the last."""
    deeper = len(shape.unet) - 1
    return _diffusers.UNet2DConditionModel(
        sample_size=size // shape.shrink,
        in_channels=shape.latent,
        out_channels=shape.latent,
        down_block_types=("DownBlock2D",) * deeper + ("CrossAttnDownBlock2D",),
        mid_block_type="UNetMidBlock2DCrossAttn",
        up_block_types=("CrossAttnUpBlock2D",) * deeper + ("UpBlock2D",),
        block_out_channels=shape.unet,
        layers_per_block=1,
        cross_attention_dim=shape.text,
        attention_head_dim=shape.heads,
        norm_num_groups=16,
        only_cross_attention=True,
    )


def text_encoder(shape: Architecture, tokenizer: Any) -> Any:
    """A one-layer CLIP text encoder over the family's vocabulary."""
    return _transformers.CLIPTextModel(
        _transformers.CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=shape.text,
            intermediate_size=2 * shape.text,
            projection_dim=shape.text,
            num_hidden_layers=1,
            num_attention_heads=shape.heads,
            max_position_embeddings=vocabulary.LENGTH,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def scheduler() -> Any:
    """DDIM that starts at pure noise and takes the network's word for the clean latent."""
    return _diffusers.DDIMScheduler(
        beta_schedule="scaled_linear",
        prediction_type="sample",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        steps_offset=1,
        clip_sample=False,
    )


def family_noise(pipe: Pipeline, size: int, seed: int) -> torch.Tensor:
    """The noise (1, c, h, w) that the pipeline itself draws for `seed` on the CPU."""
    side = size // pipe.vae_scale_factor
    generator = torch.Generator("cpu").manual_seed(seed)
    return torch.randn((1, pipe.unet.config.in_channels, side, side), generator=generator)


def colour_words(pipe: Pipeline, colours: Mapping[str, NDArray[np.float32]], seed: int) -> None:
    """Start each colour word's embedding from its colour, so that near colours start near."""
    table = pipe.text_encoder.get_input_embeddings().weight
    mixer = np.random.default_rng(seed).standard_normal((3, table.shape[1])).astype(np.float32)
    vocab = pipe.tokenizer.get_vocab()
    with torch.no_grad():
        for word, colour in colours.items():
            if word + vocabulary.END in vocab:
                table[vocab[word + vocabulary.END]] += torch.from_numpy(0.5 * (colour - 0.5) @ mixer)


def token_ids(pipe: Pipeline, prompts: Sequence[str]) -> torch.Tensor:
    """(n, LENGTH) token ids, padded as the pipeline pads; UnknownWord."""
    for prompt in prompts:
        vocabulary.check(prompt, pipe.tokenizer)
    ids: torch.Tensor = pipe.tokenizer(
        list(prompts), padding="max_length", truncation=True, return_tensors="pt"
    ).input_ids
    return ids


def clean_latents(pipe: Pipeline, noise: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """What one step of the pipeline makes of `noise` for `ids`, with gradients."""
    words = pipe.text_encoder(ids)[0]
    latents: torch.Tensor = pipe.unet(noise.expand(len(ids), -1, -1, -1), LAST_TIMESTEP, words).sample
    return latents


def save(pipe: Pipeline, folder: Path) -> None:
    """Write the pipeline folder, `pipe` unchanged: safetensors, float16.

    The text encoder stays float32: transformers loads a file in its own precision,
    diffusers in float32, and a pipeline of two precisions does not run.
    """
    halves = {name: copy.deepcopy(getattr(pipe, name)).half() for name in ("vae", "unet")}
    _diffusers.StableDiffusionPipeline(
        **halves,
        text_encoder=pipe.text_encoder,
        tokenizer=pipe.tokenizer,
        scheduler=pipe.scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder, safe_serialization=True)
    _without_derived(folder / "vae" / "config.json")


def _without_derived(path: Path) -> None:
    """Drop a value that AutoencoderTiny writes but warns about when it reads it."""
    config = json.loads(path.read_text(encoding="utf-8"))
    config.pop("block_out_channels", None)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def load(folder: Path) -> Pipeline:
    """The ordinary load, in float32, without a progress bar."""
    pipe = _diffusers.StableDiffusionPipeline.from_pretrained(
        folder, use_safetensors=True, torch_dtype=torch.float32
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe
