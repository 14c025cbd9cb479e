"""A Stable Diffusion folder in the layout of diffusers, tiny and untrained, for tests."""

import json
from pathlib import Path

import torch

SPECIAL = ["<|startoftext|>", "<|endoftext|>"]
LENGTH = 24


def save_stable_folder(path: Path, seed: int = 0) -> Path:
    """U-Net and autoencoder of width (32, 64), a text encoder that spells letter by letter, a scheduler."""
    from diffusers import DDIMScheduler

    torch.manual_seed(seed)
    _tokenizer(path / "tokenizer")
    _text_encoder().save_pretrained(path / "text_encoder")
    _vae().save_pretrained(path / "vae")
    _unet().save_pretrained(path / "unet")
    schedule = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False}
    DDIMScheduler(**schedule, set_alpha_to_one=False, steps_offset=1).save_pretrained(path / "scheduler")
    parts = {
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
        "scheduler": ["diffusers", "DDIMScheduler"],
    }  # fmt: skip
    (path / "model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionPipeline", **parts}))
    return path


def _letters() -> list[str]:
    return [chr(i) for i in range(33, 127)]


def _tokenizer(folder: Path) -> None:
    folder.mkdir(parents=True)
    letters = _letters()
    words = [*letters, *(letter + "</w>" for letter in letters), *SPECIAL]
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    told = {"tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, "bos_token": SPECIAL[0]}
    told |= dict.fromkeys(("eos_token", "unk_token", "pad_token"), SPECIAL[1])
    (folder / "tokenizer_config.json").write_text(json.dumps(told))


def _text_encoder():
    from transformers import CLIPTextConfig, CLIPTextModel

    words = 2 * len(_letters()) + len(SPECIAL)
    return CLIPTextModel(CLIPTextConfig(
        vocab_size=words, hidden_size=32, intermediate_size=37, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=LENGTH, bos_token_id=words - 2, eos_token_id=words - 1, pad_token_id=words - 1,
    ))  # fmt: skip


def _unet():
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=32, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(32, 64),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32, attention_head_dim=8, norm_num_groups=16,
    )  # fmt: skip


def _vae():
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        in_channels=3, out_channels=3, block_out_channels=(32, 64), latent_channels=4, norm_num_groups=16,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
    )  # fmt: skip
