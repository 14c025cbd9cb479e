"""Latent Drifting (system 2): a prior of one domain, fine-tuned on a few images of another, with and without delta.

Delta is chosen on split val with the first seed; the table is of split test. The arms of a seed share patients,
batches, noise and captions. Samples come no nearer to real images than the prior's autoencoder does, so that a
fine-tuning is judged by KID to what that makes of the real images; KID to these themselves stands beside it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor

from causaray import weightfiles
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort, open_cohorts
from causaray.diffusion.prior import Prior
from causaray.evaluation.images.features import Extract, chest_encoder, inception
from causaray.experiments.options import ExperimentOptions
from causaray.priors.finetune import finetune, rate
from causaray.priors.text_prior import load_prior
from causaray.systems.causal_disentanglement.experiments.ablation import Tell
from causaray.systems.latent_drifting.conditional_samples import Asked
from causaray.systems.latent_drifting.drift import LEARNED, search
from causaray.systems.latent_drifting.page import write_page
from causaray.training.source import learnable
from causaray.writing import make_folder

DELTA = "delta"
"""Stands for the delta other than 0 that the search chooses; where 0 stands among them, the page says."""
METHODS = ("full", "lora")
"""Kinds of fine-tuning that are compared when nothing else is said."""
SHOWN = 4
"""Samples of an arm on the page."""


@dataclass(frozen=True)
class Arm:
    """A fine-tuning with a drift, and how it is sampled: as it was trained, or as the paper prints it (`printed`)."""

    name: str
    method: str | None
    drift: float | str = 0.0
    printed: bool = False


def arms(method: str) -> tuple[Arm, ...]:
    """What is compared of one kind of fine-tuning; the first is what the others are compared with."""
    return (
        Arm(f"{method}", method),
        Arm(f"{method}, drift", method, DELTA),
        Arm(f"{method}, learned bias", method, LEARNED),
        Arm(f"{method}, drift, sampled as printed", method, DELTA, printed=True),
        Arm("not fine-tuned", None),
    )


@dataclass(frozen=True)
class Setting:
    """What all arms share. limit: patients trained on; n: samples measured; steps, lr: of every fine-tuning."""

    prior: str
    cohorts: tuple[Path, ...]
    work: Path
    judge: str = weightfiles.JUDGE
    seeds: int = 3
    limit: int = 200
    n: int = 200
    steps: int = 400
    lr: float | None = None

    @cached_property
    def cohort(self) -> Cohort:
        return open_cohorts(list(self.cohorts)).frontal()

    @cached_property
    def names(self) -> tuple[str, ...]:
        return learnable(self.cohort.subset(split="train"))

    @cached_property
    def extracts(self) -> dict[str, Extract]:
        return {"inception": inception(), "chest": chest_encoder(self.measure_by)}

    @cached_property
    def measure_by(self) -> Judge:
        return Judge.load(self.judge)

    @cached_property
    def asked(self) -> dict[str, Asked]:
        """By split; of val, which is asked for every delta, half as many samples."""
        n = {"val": self.n // 2, "test": self.n}
        codec = self.tuned(None, 0.0, 0).codec
        return {s: Asked(self.cohort.subset(split=s), self.names, n[s], self.extracts, codec) for s in n}

    def folder(self, method: str | None, drift: float | str, seed: int) -> Path:
        rate = "" if self.lr is None else f"-{self.lr:g}"
        return self.work / f"{method}-{drift}-{seed}-{self.steps}{rate}"

    def tuned(self, method: str | None, drift: float | str, seed: int) -> Prior:
        """The prior of a fine-tuning; one that is there of an earlier run is taken."""
        if method is None:
            return load_prior(self.prior, self.cohort.size)
        folder = self.folder(method, drift, seed)
        made = next(folder.glob(f"*-{method}"), None) or finetune(
            self.prior, self.cohorts, folder, method=method, drift=drift, steps=self.steps, lr=self.lr, seed=seed,
            limit=self.limit,
        )  # fmt: skip
        return load_prior(made, self.cohort.size)


def measured(setting: Setting, split: str, arm: Arm, seed: int) -> dict[str, Any]:
    """KID x 1000 and AUC of an arm on a split; measured once and kept."""
    kept = setting.folder(arm.method, arm.drift, seed) / f"{split}{'-printed' * arm.printed}.json"
    if not kept.is_file():
        asked = setting.asked[split]
        images = asked.drawn(setting.tuned(arm.method, arm.drift, seed), seed, arm.printed)
        found = {"kid_x1000": asked.kid(images), "auc": asked.auc(images, setting.measure_by)}
        make_folder(kept.parent)
        kept.write_text(json.dumps(found), encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


def searched(setting: Setting, method: str, tell: Tell) -> dict[float, float]:
    """delta -> KID x 1000 on split val of the first seed, best first."""

    def distance(delta: float) -> float:
        tell(f"{method}, delta {delta}, on val")
        return measured(setting, "val", Arm("", method, delta), 0)["kid_x1000"]["reconstructed"]["inception"]["value"]

    return search(distance)


def compare(setting: Setting, method: str, tell: Tell) -> tuple[dict[str, Any], list[tuple[str, Tensor]]]:
    """Every arm's figures, on val by delta and on test by seed; and a few samples of each arm of the first seed."""
    found = searched(setting, method, tell)
    delta = next(delta for delta in found if delta)
    chosen = [replace(arm, drift=delta) if arm.drift == DELTA else arm for arm in arms(method)]
    rows: dict[str, Any] = {arm.name: [] for arm in chosen}
    for seed in range(setting.seeds):
        for arm in chosen:
            tell(f"{arm.name}, seed {seed}")
            rows[arm.name].append(measured(setting, "test", arm, seed))
    tried = {str(d): measured(setting, "val", Arm("", method, d), 0) for d in found}
    return {"delta": delta, "search": tried, "rows": rows}, [
        (arm.name, setting.asked["test"].drawn(setting.tuned(arm.method, arm.drift, 0), 0, arm.printed, SHOWN))
        for arm in chosen
    ]


def latent_drifting(setting: Setting, out: Path, command: str, tell: Tell, methods: Sequence[str]) -> dict[str, Any]:
    """Run the experiment for each kind of fine-tuning and write its page to `out`, anew after each."""
    found, shown = {}, []
    asked = setting.asked["test"]
    real = asked.images[asked.turns[:SHOWN]]
    about = {
        "command": command, "prior": Path(setting.prior).name, "judge": setting.judge, "seeds": setting.seeds,
        "cohorts": ", ".join(folder.name for folder in setting.cohorts), "limit": setting.limit, "n": setting.n,
        "steps": setting.steps, "lr": setting.lr,
        "real": len(asked.images), "auc_of_real": asked.auc_of(asked.images, setting.measure_by),
        "auc_of_reconstructed": asked.auc_of(asked.reconstructed, setting.measure_by),
        "kid_of_reconstructed": asked.kid_of_reconstructed(),
    }  # fmt: skip
    for method in methods:
        found[method], samples = compare(setting, method, tell)
        shown += samples
        write_page(about, found, shown, real, out)
    return found


def run(options: ExperimentOptions) -> dict[str, Any]:
    """`causaray reproduce latent-drifting`. Raises BadInput for a kind of fine-tuning that there is not."""
    prior, cohorts = str(options.needed_prior()), options.needed_cohorts()
    for method in options.methods:
        rate(method)  # refuses what is none
    setting = Setting(
        prior, cohorts, options.work / options.name, options.judge, options.seeds, options.limit or Setting.limit,
        steps=options.steps, lr=options.lr,
    )  # fmt: skip
    return latent_drifting(setting, options.out, options.command, options.tell, options.methods or METHODS)
