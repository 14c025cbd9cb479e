"""Latent Drifting (system 2): a prior of one domain, fine-tuned on a few images of another, with and without delta.

Delta is chosen on split val with the first seed; the table is of split test. The arms of a seed share patients,
batches, noise and captions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.trust import trusted_labels
from causaray.diffusion.prior import Prior
from causaray.diffusion.sampler import Each, untouched
from causaray.evaluation.auroc import auroc
from causaray.evaluation.features import features, inception
from causaray.evaluation.judge import Judge
from causaray.evaluation.realism import kid_interval
from causaray.methods.captions import caption
from causaray.methods.latent_drifting import LEARNED, accumulating, search
from causaray.methods.text_prior import load_prior
from causaray.methods.text_to_image import draw, images_of
from causaray.reproduction.drifting_page import write_page
from causaray.reproduction.rows import Tell
from causaray.training.captions import known_of
from causaray.training.finetune import finetune
from causaray.training.source import learnable

DELTA = "delta"
"""Stands for the delta that the search chooses."""
STEPS, GUIDANCE = 16, 2.0
SHOWN = 8
"""Samples of an arm on the page."""
FEWEST = 10
"""A finding is judged when at least so many samples were asked to show it, and as many not to."""


@dataclass(frozen=True)
class Arm:
    """A fine-tuning with a drift, and how it is sampled: as it was trained, or as the paper prints it (`printed`)."""

    name: str
    method: str = "full"
    drift: float | str = 0.0
    printed: bool = False


def arms(method: str) -> tuple[Arm, ...]:
    """What is compared of one kind of fine-tuning; the first is what the others are compared with."""
    return (
        Arm(f"{method}", method),
        Arm(f"{method}, drift", method, DELTA),
        Arm(f"{method}, learned bias", method, LEARNED),
        Arm(f"{method}, drift, sampled as printed", method, DELTA, printed=True),
    )


@dataclass(frozen=True)
class Setting:
    """What all arms share. limit: patients trained on; n: samples measured; steps: of every fine-tuning."""

    prior: str
    cohorts: tuple[Path, ...]
    work: Path
    judge: str = "judge-128"
    seeds: int = 3
    limit: int = 200
    n: int = 200
    steps: int = 120

    @cached_property
    def cohort(self) -> Cohort:
        return open_cohorts(list(self.cohorts)).frontal()

    @cached_property
    def names(self) -> tuple[str, ...]:
        return learnable(self.cohort.subset(split="train"))

    @cached_property
    def extract(self) -> Any:
        return inception()

    def tuned(self, method: str, drift: float | str, seed: int) -> Prior:
        """The prior of a fine-tuning; one that is there of an earlier run is taken."""
        folder = self.work / f"{method}-{drift}-{seed}-{self.steps}"
        made = next(folder.glob(f"*-{method}"), None) or finetune(
            self.prior, self.cohorts, folder, method=method, drift=drift, steps=self.steps, seed=seed, limit=self.limit
        )
        return load_prior(made, self.cohort.size)


class Asked:
    """The real images of a split, and n samples asked for by their captions, in turn."""

    def __init__(self, setting: Setting, split: str, n: int) -> None:
        self.setting, self.rows = setting, setting.cohort.subset(split=split)
        images = torch.from_numpy(self.rows.images(np.arange(len(self.rows))))
        self.real, self.patients = features(setting.extract, images), self.rows.table["patient"].to_numpy(str)
        known = known_of(self.rows, setting.names)
        said = [caption([f for f in findings if f.state == "present"], about) for findings, about in known]
        turns = np.resize(np.arange(len(self.rows)), n)
        self.texts, self.labels = [said[i] for i in turns], trusted_labels(self.rows, setting.names)[turns]

    def drawn(self, prior: Prior, seed: int, printed: bool = False) -> Tensor:
        """Samples (n, 1, S, S); `printed` adds the drift after each step instead of to what the network is shown."""
        each: Each = untouched
        if printed and prior.drift is not None:
            each, prior.drift = accumulating(prior.drift), None
        latents = draw(prior, self.texts, seed=seed, steps=STEPS, guidance=GUIDANCE, each=each)
        return images_of(prior, latents)

    def kid(self, images: Tensor) -> Mapping[str, float]:
        """KID x 1000 to the real images, with its interval."""
        return kid_interval(features(self.setting.extract, images), self.real, self.patients)

    def auc(self, images: Tensor) -> float:
        """The judge's AUROC between samples asked for with a finding and without, mean over the findings."""
        judge = Judge.load(self.setting.judge)
        seen = judge.predict(images).numpy()
        found = []
        for j, name in enumerate(self.setting.names):
            known = np.isfinite(self.labels[:, j])
            shown = self.labels[known, j] == 1
            if name in judge.names and min(shown.sum(), (~shown).sum()) >= FEWEST:
                found.append(auroc(shown, seen[known, judge.names.index(name)]))
        return float(np.mean(found)) if found else float("nan")


def chosen_delta(setting: Setting, method: str, tell: Tell) -> dict[float, float]:
    """delta -> KID x 1000 of half as many samples on split val, of the first seed, best first."""
    asked = Asked(setting, "val", setting.n // 2)

    def distance(delta: float) -> float:
        tell(f"{method}, delta {delta}, on val")
        return asked.kid(asked.drawn(setting.tuned(method, delta, 0), seed=0))["value"]

    return search(distance)


def compare(setting: Setting, method: str, tell: Tell) -> tuple[dict[str, Any], list[tuple[str, Tensor]]]:
    """The search and every arm's figures by seed; and a few samples of each arm of the first seed."""
    searched = chosen_delta(setting, method, tell)
    delta, asked = next(iter(searched)), Asked(setting, "test", setting.n)
    rows: dict[str, Any] = {}
    shown = []
    for arm in arms(method):
        images = []
        for seed in range(setting.seeds):
            tell(f"{arm.name}, seed {seed}")
            prior = setting.tuned(method, delta if arm.drift == DELTA else arm.drift, seed)
            images.append(asked.drawn(prior, seed, arm.printed))
        rows[arm.name] = [{"kid_x1000": asked.kid(one), "auc": asked.auc(one)} for one in images]
        shown.append((arm.name, images[0][:SHOWN]))
    return {"delta": delta, "search": {str(d): kid for d, kid in searched.items()}, "rows": rows}, shown


def latent_drifting(
    setting: Setting, out: Path, command: str, tell: Tell, methods: Sequence[str] = ("full", "lora")
) -> dict[str, Any]:
    """Run the experiment for each kind of fine-tuning and write its page to `out`, anew after each."""
    found, shown = {}, []
    test = setting.cohort.subset(split="test")
    real = torch.from_numpy(test.images(np.arange(SHOWN)))
    about = {
        "command": command, "prior": Path(setting.prior).name, "judge": setting.judge, "seeds": setting.seeds,
        "cohorts": ", ".join(folder.name for folder in setting.cohorts), "limit": setting.limit, "n": setting.n,
        "steps": setting.steps, "real": len(test),
    }  # fmt: skip
    for method in methods:
        found[method], samples = compare(setting, method, tell)
        shown += samples
        write_page(about, found, shown, real, out)
    return found
