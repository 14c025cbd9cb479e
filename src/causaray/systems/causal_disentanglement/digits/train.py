"""Train system 1 on MorphoMNIST: the guide, the autoencoder under group supervision, the prior of the attribute map."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from causaray.classifiers.train import train_classifier
from causaray.cohorts.batches import Batch, Draw
from causaray.cohorts.morphomnist import SIZE, Digits, read_digits, split
from causaray.nets.autoencoder import Shape
from causaray.nets.discriminator import PatchDiscriminator
from causaray.systems.causal_disentanglement.digits.attribute_editor import AttributeEditor, AttributeNet, Observation
from causaray.systems.causal_disentanglement.digits.attribute_guide import AttributeGuide
from causaray.systems.causal_disentanglement.digits.attribute_recipe import AttributeRecipe
from causaray.systems.causal_disentanglement.digits.attribute_supervision import (
    AttributeRequests,
    AttributeSupervision,
    jitter,
)
from causaray.systems.causal_disentanglement.digits.attributes import COLUMNS, attribute_loss
from causaray.systems.causal_disentanglement.editor import Config
from causaray.systems.causal_disentanglement.stage1_group_supervision import Weights
from causaray.systems.causal_disentanglement.training.stages import disentangle, learn_prior, pathology_of
from causaray.training.recipe import Stage1
from causaray.training.updates import adamw

CRITIC_WIDTH = 16
INTENSITIES = (64, 255)
"""The range of the mechanism, in grey levels."""


class DigitSource:
    """Digits and their attributes as batches of pairs, on the CPU."""

    device = torch.device("cpu")

    def __init__(self, digits: Digits, net: AttributeNet, precision: str) -> None:
        self.seen, self.scale = digits.observation(), net.attribute_scale
        self.digit, self.bf16 = digits.digit, precision == "bf16"

    def batches(self, batch: int, seed: int) -> Draw:
        """batch // 2 pairs of partners; in every second pair both are of one digit. Half are `relit`."""
        of_digit = [np.flatnonzero(self.digit == k) for k in range(self.digit.max() + 1)]
        donor = torch.arange(2 * (batch // 2)) ^ 1

        def draw(step: int) -> Batch:
            rng = np.random.default_rng((seed, step))
            pairs = rng.integers(len(self.digit), size=(batch // 2, 2))
            pairs[::2, 1] = [rng.choice(of_digit[k]) for k in self.digit[pairs[::2, 0]]]
            rows = torch.from_numpy(pairs.reshape(-1))
            drawn = relit({name: value[rows] for name, value in self.seen.items()}, rng)
            return Batch(drawn["image"], self.scale(drawn), donor, rows)

        return draw

    def precision(self) -> torch.autocast:
        """bf16 autocast where the recipe asks for it."""
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bf16)


def relit(seen: Observation, rng: np.random.Generator) -> Observation:
    """The observation with every second digit, by chance, at an intensity drawn evenly, whatever its thickness.

    In the data thick digits are bright and thin ones dark: a guide that has seen no other cannot tell the two apart.
    """
    intensity = seen["intensity"]
    drawn = torch.from_numpy(rng.uniform(*INTENSITIES, size=(len(intensity), 1)).astype(np.float32))
    intensity = torch.where(torch.from_numpy(rng.random((len(intensity), 1)) < 0.5), drawn, intensity)
    gain = (intensity / seen["intensity"])[:, :, None, None]
    return {**seen, "intensity": intensity, "image": (seen["image"] * gain).clamp(0, 1)}


def train(plan: AttributeRecipe, data: Path, out: Path) -> Path:
    """Train on the digits of `data` that are not held out; return the weights folder out/<name>. Resumes `out`.

    The guide learns from every second digit, so that the other half is left to judge by.
    """
    digits, _ = split(read_digits(data))
    torch.manual_seed(plan.seed)
    net = AttributeNet(configure(plan))
    net.attribute_scale.fit(digits.observation())
    source = DigitSource(digits, net, plan.precision)
    guide = train_guide(DigitSource(fold(digits, "guide"), net, plan.precision), plan, out)
    disentangle(AttributeSupervision(*supervised(net, guide, plan.stage1)), source, plan.stage1, plan.seed, out)
    read = pathology_of(net.autoencoder)
    learn_prior(
        net.denoiser, net.pathology_scale, read, source, plan.stage2, lambda attributes: attributes, plan.seed, out
    )
    editor = AttributeEditor(net, configure(plan))
    requests = AttributeRequests(*supervised(net, guide, plan.stage3), expect=editor.expected)
    disentangle(requests, source, plan.stage3, plan.seed + 3, out, "stage3")
    editor.save(out / plan.name, recipe=plan.model_dump())
    return out / plan.name


def supervised(net: AttributeNet, guide: AttributeGuide, stage: Stage1) -> tuple[Any, ...]:
    """What group supervision is made of: model, guide, a new critic, weights of the losses and of positives."""
    n = len(COLUMNS)
    critic, weights = PatchDiscriminator(n, CRITIC_WIDTH), Weights(**stage.weights.model_dump())
    return net.autoencoder, guide, critic, weights, torch.ones(n), stage.pathology_target, stage.identity_sigma


def fold(digits: Digits, name: str) -> Digits:
    """Every second training digit is of fold `guide`, the others of fold `judge`."""
    return digits.take(np.arange(len(digits)) % 2 == ("guide", "judge").index(name))


def configure(plan: AttributeRecipe) -> Config:
    """The part of a recipe that the weights need at inference."""
    stage2 = plan.stage2
    shape = Shape(size=SIZE, **plan.latent.model_dump())
    return Config(plan.name, COLUMNS, shape, stage2.dim, stage2.layers, stage2.guidance, stage2.sampling_steps)


def train_guide(source: DigitSource, plan: AttributeRecipe, out: Path) -> AttributeGuide:
    """The guide reads attributes from noised and shifted digits."""
    guide = AttributeGuide(len(COLUMNS))
    return train_classifier(
        guide, source, lambda read, attributes, rows: attribute_loss(read, attributes),
        adamw(guide, plan.guide.lr, decay=0.02), jitter,
        batch=plan.guide.batch, steps=plan.guide.steps, seed=plan.seed, out=out, name="guide", clip=1.0,
    )  # fmt: skip
