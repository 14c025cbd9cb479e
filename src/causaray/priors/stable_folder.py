"""A Stable Diffusion 1.x or 2.x folder in the layout of diffusers as a prior: read, and written after a fine-tuning."""

import json
import shutil
from pathlib import Path
from typing import Any

from causaray import weightfiles
from causaray.diffusion.clock import StepClock
from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.extras import need
from causaray.nets.codecs import StableCodec
from causaray.nets.words import ClipWords
from causaray.systems.latent_drifting.drift import saved_drift, told_drift
from causaray.vocabulary import NAMES
from causaray.writing import make_folder, whole_file

TUNED = ("unet", "text_encoder", "tokenizer")
"""The parts that a fine-tuning may change; the others are copied."""


def load_stable(folder: Path, size: int) -> Prior:
    """The prior of a folder for images of `size` pixels; with the drift that config.json tells, where there is one.

    Raises BadInput for a folder without all its parts in safetensors.
    """
    need("diffusers", "prior")
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

    safe: dict[str, Any] = {"use_safetensors": True, "local_files_only": True}
    try:
        unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet", **safe)
        vae = AutoencoderKL.from_pretrained(folder, subfolder="vae", **safe)
        text = CLIPTextModel.from_pretrained(folder, subfolder="text_encoder", **safe)
        tokenizer = CLIPTokenizer.from_pretrained(folder, subfolder="tokenizer", local_files_only=True)
        schedule = DDIMScheduler.from_pretrained(folder, subfolder="scheduler", local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{folder} is no whole Stable Diffusion folder with safetensors: {error}") from error
    clock = StepClock(schedule.alphas_cumprod, schedule.config.prediction_type)
    prior = Prior(folder.name, size, StableCodec(vae, size), unet, text, ClipWords(tokenizer), clock, NAMES)
    if (folder / weightfiles.CONFIG).is_file():
        prior.drift = saved_drift(weightfiles.config(folder))
    return prior.eval().requires_grad_(False)


def save_stable(prior: Prior, source: Path, folder: Path, **about: Any) -> None:
    """Write `prior`, read from `source`, as another such folder; config.json tells its drift and `about`."""
    words: Any = prior.words
    make_folder(folder)
    for part in source.iterdir():
        if part.is_dir() and part.name not in TUNED:
            shutil.copytree(part, folder / part.name, dirs_exist_ok=True)
    for name, part in zip(TUNED, (prior.unet, prior.text_encoder, words.tokenizer), strict=True):
        part.save_pretrained(folder / name)
    with whole_file(folder / weightfiles.CONFIG) as beside:
        beside.write_text(json.dumps({"drift": told_drift(prior.drift), **about}, indent=2) + "\n", encoding="utf-8")
    # Last: with this file the folder is one of Stable Diffusion.
    shutil.copy2(source / weightfiles.STABLE, folder / weightfiles.STABLE)
