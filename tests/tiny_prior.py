"""A prior that nobody has trained, small enough for a test."""

from pathlib import Path
from shutil import copytree

import torch

from causaray.methods.text_prior import AUTOENCODER, Config, build, read_autoencoder, save_prior
from causaray.training.recipe import PriorRecipe, load_plan

FINDINGS = ("No Finding", "Pleural Effusion", "Support Devices", "Lung Lesion")
CAPTION = "no finding pneumonia pleural effusion support devices lung lesion 60 year old woman pa ,"
WORDS = tuple(CAPTION.split())


def save_tiny_prior(autoencoder: Path, folder: Path) -> Path:
    """Write an untrained prior on the autoencoder of an editor's weights, and return its folder."""
    torch.manual_seed(0)
    config = Config("tiny-prior", "tiny", FINDINGS, WORDS, 8, 2, (16, 32), 16)
    prior = build(config, read_autoencoder(autoencoder))
    plan = load_plan("prior-phantom-64", PriorRecipe)
    quick = {"run": plan.run.model_copy(update={"batch": 6}), "cache": 64, "precision": "fp32"}
    save_prior(prior, config, folder, recipe=plan.model_copy(update=quick).model_dump(mode="json"))
    copytree(autoencoder, folder / AUTOENCODER)
    return folder
