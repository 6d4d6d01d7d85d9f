"""Tiny, randomly initialised pipelines of each class, built from their configurations; they paint noise."""

from collections.abc import Callable
from pathlib import Path
from string import ascii_lowercase

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

SIZE = 64


def stable_diffusion(**unet: object) -> DiffusionPipeline:
    return StableDiffusionPipeline(
        vae=autoencoder(4),
        text_encoder=CLIPTextModel(text_config()),
        tokenizer=clip_tokenizer(),
        unet=u_net(cross_attention_dim=8, **unet),
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def stable_diffusion_xl() -> DiffusionPipeline:
    return StableDiffusionXLPipeline(
        vae=autoencoder(4),
        text_encoder=CLIPTextModel(text_config()),
        text_encoder_2=CLIPTextModelWithProjection(text_config()),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=u_net(
            cross_attention_dim=16,
            addition_embed_type="text_time",
            addition_time_embed_dim=4,
            projection_class_embeddings_input_dim=6 * 4 + 8,
        ),
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False),
    )


def stable_diffusion_3() -> DiffusionPipeline:
    return StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=SIZE // 2,
            patch_size=2,
            in_channels=4,
            out_channels=4,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=2,
            joint_attention_dim=32,
            caption_projection_dim=16,
            pooled_projection_dim=16,
            pos_embed_max_size=SIZE // 2,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder(4, shift_factor=0.06),
        text_encoder=CLIPTextModelWithProjection(text_config()),
        tokenizer=clip_tokenizer(),
        text_encoder_2=CLIPTextModelWithProjection(text_config()),
        tokenizer_2=clip_tokenizer(),
        text_encoder_3=t5_encoder(32),
        tokenizer_3=T5TokenizerFast(),
    )


def flux() -> DiffusionPipeline:
    return FluxPipeline(
        transformer=FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=8,
            axes_dims_rope=(4, 4, 8),
            guidance_embeds=True,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=autoencoder(4, shift_factor=0.06),
        text_encoder=CLIPTextModel(text_config()),
        tokenizer=clip_tokenizer(),
        text_encoder_2=t5_encoder(32),
        tokenizer_2=T5TokenizerFast(),
    )


PIPELINES: dict[str, Callable[[], DiffusionPipeline]] = {
    "stable-diffusion": stable_diffusion,
    "sdxl": stable_diffusion_xl,
    "sd3": stable_diffusion_3,
    "flux": flux,
}


def save(name: str, folder: Path) -> Path:
    """The pipeline of this class as a folder; the same weights each time."""
    torch.manual_seed(7)
    pipe = PIPELINES[name]()
    louder(pipe.text_encoder)
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def louder(text_encoder: torch.nn.Module) -> None:
    """Make words matter: fresh embeddings are so small that the layers after them hardly notice."""
    torch.nn.init.normal_(text_encoder.get_input_embeddings().weight)


def autoencoder(latents: int, **more: object) -> AutoencoderKL:
    """Shrinks by 2, so that a 64-pixel picture has latents worth the name."""
    return AutoencoderKL(
        block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=latents,
        norm_num_groups=4,
        sample_size=SIZE,
        **more,
    )


def u_net(**more: object) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=SIZE // 2,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
        norm_num_groups=4,
        **more,
    )


def text_config() -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(clip_words()),
        hidden_size=8,
        intermediate_size=8,
        projection_dim=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=77,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )


def clip_words() -> dict[str, int]:
    letters = [*ascii_lowercase, *(letter + "</w>" for letter in ascii_lowercase)]
    return {word: number for number, word in enumerate(["<|startoftext|>", "<|endoftext|>", *letters])}


def clip_tokenizer() -> CLIPTokenizer:
    return CLIPTokenizer(vocab=clip_words(), merges=[], model_max_length=77)


def t5_encoder(width: int) -> T5EncoderModel:
    config = T5Config(
        vocab_size=len(T5TokenizerFast()), d_model=width, d_ff=16, d_kv=8, num_layers=1, num_heads=2
    )
    return T5EncoderModel(config)
