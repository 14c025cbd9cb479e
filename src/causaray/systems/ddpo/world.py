"""Phantoms of four words, each there or not: sixteen prompts, some of them rare; their prior, reward and judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray import weightfiles
from causaray.classifiers.backbones import backbone
from causaray.classifiers.calibration import Calibrated
from causaray.classifiers.groups import empirical_risk
from causaray.classifiers.judge import Judge
from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.classifiers.readouts import by_attribute, train_readouts
from causaray.classifiers.train import train_classifier
from causaray.cohorts.artifacts import OPAQUE
from causaray.cohorts.batches import augment
from causaray.cohorts.phantom.model import own_severity
from causaray.cohorts.phantom.planting import Planting
from causaray.cohorts.phantom.request import Setting
from causaray.cohorts.phantom.world import World
from causaray.diffusion.prior import Prior
from causaray.experiments.results import Tell, kept_array
from causaray.nets.codecs import CausalCodec
from causaray.nets.words import vocabulary
from causaray.priors.text_prior import (
    Config,
    autoencoder_of,
    build,
    keep_autoencoder,
    load_prior,
    read_autoencoder,
    save_prior,
)
from causaray.priors.train import learn
from causaray.systems.ddpo.obedience import decoded
from causaray.systems.ddpo.prompts import Prompts
from causaray.training.recipe import PriorRecipe, validated
from causaray.training.updates import adamw

SIZE = 64
WORDS = ("Support Devices", "Skin Mark", "Pleural Effusion", "Cardiomegaly")
RATES = (0.25, 0.12, 0.35, 0.3)
"""How often each is there in training, one independent of the other: 0.3 % of the images have all four."""
MILDEST = 0.4
"""Least severity of a finding that is there."""
RADIUS, SOFT, THICK = 0.13, 0.03, 0.35
"""Of the mark, in half image sides, and how opaque it is. The phantoms' own pellet is lost by the autoencoder."""
PRIOR = "prior-phantom-64"
"""Whose autoencoder the prior of four words stands on."""
PRIOR_STEPS, PRIOR_BATCH = 900, 64
REWARD_STEPS, JUDGE_STEPS = 300, 120
SEEDS = {"train": 11, "val": 12, "test": 13}


@dataclass(frozen=True)
class Size:
    """How much of everything: training images, updates of prior, reward and judge; of each prompt real images, samples
    of prior and policy, and of every other arm, which are the first of these."""

    images: int = 3200
    prior: int = PRIOR_STEPS
    reward: int = REWARD_STEPS
    judge: int = JUDGE_STEPS
    each: int = 32
    each_main: int = 32
    each_rival: int = 32


@dataclass(frozen=True, eq=False)
class FourWords:
    """The world of a work folder: all that is trained and drawn is kept there."""

    work: Path
    size: Size
    tell: Tell

    @cached_property
    def labels(self) -> np.ndarray:
        """Of the training images, bool (N, 4); even rows are of fold guide, odd ones of fold judge."""
        return np.random.default_rng(SEEDS["train"]).random((self.size.images, len(WORDS))) < RATES

    @cached_property
    def balanced(self) -> np.ndarray:
        """Of the images of val and of test, bool (16 each, 4): the prompts in turn."""
        return np.array(list(product((False, True), repeat=len(WORDS))) * self.size.each)

    @cached_property
    def prompts(self) -> Prompts:
        """The sixteen, and how often each was seen in training."""
        wanted = np.array(list(product((False, True), repeat=len(WORDS))))
        seen = np.array([(self.labels == one).all(1).sum() for one in wanted])
        return Prompts(WORDS, tuple(map(text, wanted)), wanted, seen)

    def films(self, split: str) -> Tensor:
        """The true images (N, 1, S, S) of split train, val or test."""
        labels = self.labels if split == "train" else self.balanced
        return self._kept(["films", split, len(labels)], lambda: phantoms(labels, SEEDS[split]))

    def given_back(self, split: str) -> Tensor:
        """The same as the prior's autoencoder gives them back: what samples can come near to, and readers learn."""
        return self._kept(
            ["given back", split, self.size.images, self.size.each], lambda: given_back(self.films(split))
        )

    def _kept(self, key: list[object], make) -> Tensor:  # type: ignore[no-untyped-def]
        made = kept_array(self.work, key, lambda: (make() * 255).round().to(torch.uint8).numpy())
        return torch.from_numpy(made).float() / 255

    @cached_property
    def prior(self) -> Prior:
        """The supervised prior, frozen. A new one each time it is needed for learning: `fresh_prior`."""
        return self.fresh_prior()

    def fresh_prior(self) -> Prior:
        """As it was trained, to be changed."""
        return self.trained_prior(self.size.prior, "prior")

    def trained_prior(self, steps: int, name: str, begun: Prior | None = None) -> Prior:
        """A prior trained for so many updates, or gone on with from `begun`; trained once and kept."""
        folder = self.work / f"{name}-{steps}"
        plan = prior_plan(name, steps)
        if not (folder / name / weightfiles.MODEL).is_file():
            self.tell(f"{name}: {steps} updates")
            config = Config(name, PRIOR, (WORDS[0], *WORDS[2:]), vocabulary(self.prompts.texts), plan.length,
                            plan.patch, plan.width, plan.dim)  # fmt: skip
            torch.manual_seed(plan.seed)
            prior = begun or build(config, read_autoencoder(_autoencoder()))
            prior.unet.requires_grad_(True)
            prior.text_encoder.requires_grad_(True)
            films = self.films("train")
            rows = LabelledRows(lambda i: films[i], torch.from_numpy(self.labels), even(len(films)))
            learn(prior, rows, Captions(self.labels, plan.null, plan.seed), plan, folder)
            save_prior(prior, config, folder / name, recipe=plan.model_dump())
            keep_autoencoder(_autoencoder(), folder / name)
        return load_prior(folder / name)

    @cached_property
    def reward(self) -> Judge:
        """A small convolutional net, of the patients of fold guide."""
        self.tell("reward")
        torch.manual_seed(1)
        net, images, labels = backbone("small", len(WORDS), SIZE), self._fold(0), self._labels(0)
        rows = LabelledRows(lambda i: images[i], torch.from_numpy(labels), by_attribute(labels))
        net = train_classifier(
            net, rows, empirical_risk(), adamw(net, 1e-3, 0.05), augment, batch=32, steps=self.size.reward, seed=1,
            out=self.work / f"reward-{self.size.reward}", name="reward",
        )  # fmt: skip
        return reader(net)

    @cached_property
    def judge(self) -> Judge:
        """EfficientNet-Lite0 from ImageNet, of the patients of fold judge."""
        self.tell("judge")
        out = self.work / f"judge-{self.size.judge}"
        return reader(train_readouts(self._fold(1), self._labels(1), out, 2, self.size.judge, SIZE))

    def _fold(self, which: int) -> Tensor:
        return self.given_back("train")[which::2]

    def _labels(self, which: int) -> np.ndarray:
        return self.labels[which::2].astype(np.float32)


def reader(net: torch.nn.Module) -> Judge:
    """A net as what can be asked for WORDS."""
    return Judge(WORDS, "", Calibrated(net, len(WORDS)).eval().requires_grad_(False))


def text(wanted: Sequence[bool]) -> str:
    """A prompt says all four words: "support devices, no skin mark, pleural effusion, no cardiomegaly"."""
    return ", ".join(f"{'' if one else 'no '}{name.lower()}" for name, one in zip(WORDS, wanted, strict=True))


class Captions:
    """The prompts of training images; nothing is said of a share `null` of them."""

    def __init__(self, labels: np.ndarray, null: float, seed: int) -> None:
        self.labels, self.null, self.rng = labels, null, np.random.default_rng(seed)

    def of(self, rows: Sequence[int]) -> list[str]:
        return ["" if self.rng.random() < self.null else text(self.labels[row]) for row in rows]


def prior_plan(name: str, steps: int) -> PriorRecipe:
    """A small text prior: latents of prior-phantom-64 folded to 64 channels of 4 x 4."""
    return validated(
        {
            "name": name, "about": "The prior of four words.", "method": "text-prior", "size": SIZE, "augment": 0.0,
            "autoencoder": PRIOR, "patch": 4, "width": [96], "dim": 64, "length": 16, "cache": 4096,
            "precision": "fp32", "run": {"steps": steps, "batch": PRIOR_BATCH, "lr": 1.5e-3},
        },
        PriorRecipe,
        name,
    )  # fmt: skip


def phantoms(labels: np.ndarray, seed: int) -> Tensor:
    """True images (N, 1, S, S) of phantoms 0 to N - 1 of a seed that show what labels (N, 4) say, and nothing else."""
    world, planting = World(SIZE, common=0.0, devices=0.0), Planting("Pleural Effusion", "pacemaker", MILDEST)
    films = []
    for rows in np.array_split(np.arange(len(labels)), len(labels) // 256 + 1):
        device, _, effusion, heart = labels[rows].T.astype(float)
        made = planting.set(world.at(seed, rows), effusion, device)
        severity = MILDEST + (1 - MILDEST) * (own_severity(made.exogenous, "Cardiomegaly") - 0.12) / 0.88
        films.append(world.counterfactual(made, {"Cardiomegaly": Setting(severity * heart, "bilateral")}).images)
    marked = torch.from_numpy(labels[:, 1])[:, None, None, None]
    images = torch.cat(films)
    return torch.where(marked, with_mark(images, seed), images)


def with_mark(images: Tensor, seed: int) -> Tensor:
    """The same films (N, 1, S, S) of patients with an electrode, a disc, on the skin of the right chest."""
    axis = (torch.arange(SIZE) + 0.5) * 2 / SIZE - 1
    shift = 0.05 * torch.randn(len(images), 2, 1, 1, generator=torch.Generator().manual_seed(seed))
    x, y = axis[None, None, :] + 0.5 - shift[:, 0], axis[None, :, None] + 0.25 - shift[:, 1]
    disc = ((RADIUS - (x.square() + y.square()).sqrt()) / SOFT + 0.5).clamp(0, 1)
    return 1 - (1 - images) * torch.exp(-OPAQUE * THICK * disc)[:, None]


@torch.no_grad()
def given_back(images: Tensor) -> Tensor:
    """Images (N, 1, S, S) as the prior's autoencoder gives them back."""
    codec = CausalCodec(read_autoencoder(_autoencoder()))
    return decoded(codec, [codec.encode(part) for part in images.split(32)])


def _autoencoder() -> Path:
    folder = weightfiles.find(PRIOR)
    return autoencoder_of(folder, weightfiles.config(folder))
