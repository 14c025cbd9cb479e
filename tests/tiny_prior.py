"""Priors that nobody has trained, small enough for a test."""

from pathlib import Path
from shutil import copytree

import torch

from causaray.nets.autoencoder import Shape
from causaray.priors.text_prior import AUTOENCODER, Config, build, read_autoencoder, save_prior
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, EditorNet
from causaray.systems.causal_disentanglement.editor import Config as EditorConfig
from causaray.training.recipe import PriorRecipe, load_plan

FINDINGS = ("No Finding", "Pleural Effusion", "Support Devices", "Lung Lesion")
WORDS = (
    *("no", "finding", "pneumonia", "pleural", "effusion", "support", "devices", "lung", "lesion"),
    *("60", "year", "old", "woman", "pa", ",", "moderate", "left", "abnormal"),
)


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


def save_untrained_prior(folder: Path) -> Path:
    """Write a prior that knows three words, its untrained autoencoder (64 px) beside it."""
    torch.manual_seed(0)
    editor = EditorConfig("tiny", ("Edema",), Shape(64, 4, 8, 16, 1, 1, 16, 4), 32, 1)
    net = EditorNet(editor)
    CausalDisentanglementEditor(net, editor).save(folder / AUTOENCODER)
    config = Config("tiny", "tiny", ("Edema",), ("edema", "no", ","), 16, 2, (16, 32), 32)
    save_prior(build(config, net.autoencoder), config, folder)
    return folder
