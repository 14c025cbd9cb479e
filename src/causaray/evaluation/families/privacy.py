"""Privacy, as metrics.json holds it."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.evaluation.context import Context
from causaray.evaluation.measures.privacy import coarse_pixels, membership, privacy

FEWEST, MEMBERS, CHUNK = 20, 256, 512
"""Training images that are worth asking about, those that are reconstructed, and those read at a time."""


def measure(context: Context) -> dict[str, Any] | None:
    """How near edits and reconstructions come to training images, and whether these are told by their reconstruction.

    None where the training images are not at hand: a folder of edited images, or a cohort without them.
    """
    own, training, people = context.own, context.training, context.patients
    if own is None or len(training) < FEWEST:
        return None
    train, real = (_coarse(cohort) for cohort in (training, context.edited.rows))
    of = training.table["patient"].to_numpy()
    made = {
        "edited": (coarse_pixels(context.drawn.flatten(0, 1)), np.tile(people, 2)),
        "reconstructed": (coarse_pixels(context.edited.reconstruction), people),
    }
    found = {kind: privacy(*those, train, of, real, people, context.seed) for kind, those in made.items()}
    return {**found, "reconstruction_error": _by_error(context)}


def _by_error(context: Context) -> dict[str, Any]:
    """Membership by how well an image is reconstructed, for as many training images as there are others."""
    own, training, rows = context.own, context.training, context.sample(MEMBERS)
    chosen = np.random.default_rng(context.seed).permutation(len(training))[: len(rows)]
    images = torch.from_numpy(training.images(chosen))
    members = _error(own.reconstruct(images) if own else images, images)
    others = _error(context.edited.reconstruction[rows], context.edited.factual[rows])
    whose = training.table["patient"].to_numpy()[chosen], context.patients[rows]
    return membership(-members, whose[0], -others, whose[1], context.seed)


def _error(x: Tensor, y: Tensor) -> np.ndarray:
    return (x - y).square().mean((1, 2, 3)).numpy()


def _coarse(cohort: Cohort) -> np.ndarray:
    parts = np.array_split(np.arange(len(cohort)), -(-len(cohort) // CHUNK))
    return np.concatenate([coarse_pixels(torch.from_numpy(cohort.images(part))) for part in parts])
