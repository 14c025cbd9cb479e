"""A prior that nobody has trained, small enough for a test."""

from pathlib import Path
from shutil import copytree

import torch

from causaray.methods.text_prior import AUTOENCODER, Config, build, read_autoencoder, save_prior

WORDS = ("no", "finding", "pneumonia", "pleural", "effusion", "support", "devices", "lung", "lesion")


def save_tiny_prior(autoencoder: Path, folder: Path) -> Path:
    """Write an untrained prior on the autoencoder of an editor's weights, and return its folder."""
    torch.manual_seed(0)
    config = Config("tiny-prior", "tiny", ("No Finding", "Pneumonia"), WORDS, 8, 2, (16, 32), 16)
    prior = build(config, read_autoencoder(autoencoder))
    save_prior(prior, config, folder)
    copytree(autoencoder, folder / AUTOENCODER)
    return folder
