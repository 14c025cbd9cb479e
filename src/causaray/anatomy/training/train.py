"""Train the net of coordinates: first on phantoms, whose anatomy is known, then on real films by its own readings."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.anatomy.coordinates import MASKS, SHEETS, Coordinates, mirrored
from causaray.anatomy.moves import cardiomegaly
from causaray.anatomy.reader import METHOD, AnatomyReader, activated, dice
from causaray.anatomy.training.phantoms import phantoms
from causaray.anatomy.training.views import altered, overlaid
from causaray.cohorts import Cohort, open_cohorts
from causaray.editors.saved import save_weights
from causaray.nets.blocks import standardise
from causaray.nets.unet import UNet
from causaray.training import loop
from causaray.training.recipe import AnatomyRecipe, Run, claim, load_plan
from causaray.training.source import trained_on, training_rows

VIEWS = ((1.0, 0.0, 0.0), (1.12, 0.0, 0.04), (0.9, 0.03, -0.03), (1.05, -0.04, 0.0))
"""Views of a real film whose readings are averaged: scale, and shift across and down in half image sides."""
DOUBTFUL = 0.08
"""Greatest disagreement of its views at which a reading of a real film is learned from."""
UNLIKE = 0.99
"""Share of the training films that the limit of doubt lets pass."""
_SCALE = torch.tensor([0.5, 0.5, 0.6, 0.7, 0.7]).view(1, -1, 1, 1)  # of the coordinates t, below, apex, x, height
_WEIGHT = torch.tensor([1.0, 1.0, 1.0, 0.5, 0.5]).view(1, -1, 1, 1)  # of the masks
Lessons = Callable[[int], tuple[Tensor, Tensor]]
"""How many -> images standardised (B, 1, S, S), and their sheets (B, C, S, S)."""


def train(recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None) -> Path:
    """Train on phantoms and on the frontal films of split `train`; return the weights folder out/<recipe name>.

    Resumes what `out` holds. No label is looked at. Raises BadInput as `training_rows` does.
    """
    plan = load_plan(recipe, AnatomyRecipe, seed)
    cohort = training_rows(open_cohorts(list(cohorts)), plan)
    claim(out, plan)
    torch.manual_seed(plan.seed)
    net = UNet(len(SHEETS), plan.widths).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    drawn = from_phantoms(*phantoms(plan.phantoms, plan.size, plan.seed))
    net.load_state_dict(_trained(net, plan.drawn, drawn, out, "drawn"))
    for number in range(plan.rounds):
        real = when_asked(partial(from_films, deepcopy(net), evenly(cohort, plan.films, plan.seed + number)))
        net.load_state_dict(_trained(net, plan.tuned, half_and_half(drawn, real), out, f"tuned{number}"))
    config = _config(plan, cohort, net)
    save_weights(net.half(), config, out / plan.name)
    return out / plan.name


def from_phantoms(images: Tensor, sheets: Tensor) -> Lessons:
    """Lessons from phantoms: images uint8 (n, 1, S, S), sheets float16 (n, C, S, S)."""

    def lessons(batch: int) -> tuple[Tensor, Tensor]:
        rows = torch.randint(0, len(images), (batch,))
        places = sheets[rows].float()
        return altered(overlaid(images[rows].float() / 255, places), places)

    return lessons


def from_films(net: nn.Module, cohort: Cohort) -> Lessons:
    """Lessons from real films by what the net reads in them now, those left out of which its views disagree."""
    films, sheets = [], []
    for part in np.array_split(np.arange(len(cohort)), max(1, len(cohort) // 32)):
        images = torch.from_numpy(cohort.images(part))
        read, doubt = in_views(net.eval(), images)
        sure = doubt < DOUBTFUL
        films.append((images[sure] * 255).round().to(torch.uint8))
        sheets.append(read[sure].half())
    seen, known = torch.cat(films), torch.cat(sheets)
    print(f"{len(seen)} of {len(cohort)} films are read alike in all views", flush=True)

    def lessons(batch: int) -> tuple[Tensor, Tensor]:
        rows = torch.randint(0, len(seen), (batch,))
        return altered(*some_enlarged(seen[rows].float() / 255, known[rows].float()))

    return lessons


def some_enlarged(images: Tensor, sheets: Tensor, share: float = 0.3) -> tuple[Tensor, Tensor]:
    """Films of which a share has its heart enlarged, the reading with it: large hearts are rare, and read too small."""
    images, sheets = images.clone(), sheets.clone()
    heart = slice(SHEETS.index("heart"), SHEETS.index("heart") + 1)
    for i in torch.nonzero(torch.rand(len(images)) < share)[:, 0].tolist():
        place = Coordinates.of(sheets[i : i + 1])
        move = cardiomegaly(place, float(torch.rand(())), torch.randn(1, 1, 1, 1), np.random.default_rng(i))
        images[i : i + 1] = move.apply(images[i : i + 1])
        sheets[i : i + 1, heart] = move.apply(sheets[i : i + 1, heart])
    return images, sheets


def evenly(cohort: Cohort, most: int, seed: int) -> Cohort:
    """At most so many rows, as many of each cohort as of any other as far as they go, drawn at random."""
    names, rng = cohort.table["cohort"].to_numpy(), np.random.default_rng(seed)
    share = most // len(np.unique(names))
    chosen = [rng.permutation(np.flatnonzero(names == name))[:share] for name in np.unique(names)]
    return cohort.subset(mask=np.isin(np.arange(len(cohort)), np.concatenate(chosen)))


def when_asked(make: Callable[[], Lessons]) -> Lessons:
    """Lessons that are made when the first of them is asked for: a run that is done needs none."""
    made: list[Lessons] = []

    def lessons(batch: int) -> tuple[Tensor, Tensor]:
        if not made:
            made.append(make())
        return made[0](batch)

    return lessons


def half_and_half(one: Lessons, other: Lessons) -> Lessons:
    """Batches of which half come from either."""

    def lessons(batch: int) -> tuple[Tensor, Tensor]:
        (x, s), (y, t) = one(batch - batch // 2), other(batch // 2)
        return torch.cat([x, y]), torch.cat([s, t])

    return lessons


@torch.inference_mode()
def in_views(net: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """The mean reading (B, C, S, S) of several views of images (B, 1, S, S), mirrored ones too, and its doubt (B,).

    The doubt is one less the Dice coefficient of the lungs in the views that agree least, over all views.
    """
    readings = [back for scale, x, y in VIEWS for back in _both_ways(net, images, scale, x, y)]
    mean = torch.stack(readings).mean(0)
    overlaps = [dice(one[:, :2].sum(1), mean[:, :2].sum(1)) for one in readings]
    return mean, 1 - torch.stack(overlaps).amin(0)


def _both_ways(net: nn.Module, images: Tensor, scale: float, x: float, y: float) -> list[Tensor]:
    """Readings of a view and of its mirror image, laid back onto the images."""
    seen = _moved(images, scale, x, y)
    made = [activated(net(standardise(seen))), mirrored(activated(net(standardise(seen.flip(3)))))]
    return [_moved(one, 1 / scale, -x / scale, -y / scale) for one in made]


def _moved(images: Tensor, scale: float, x: float, y: float) -> Tensor:
    move = torch.tensor([[scale, 0.0, x], [0.0, scale, y]])[None].expand(len(images), -1, -1)
    grid = F.affine_grid(move, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def loss(made: Tensor, sheets: Tensor) -> Tensor:
    """Cross-entropy of the masks and mean absolute error of the coordinates, each over its own scale."""
    masks, places = made[:, : len(MASKS)], made[:, len(MASKS) :]
    known = sheets[:, : len(MASKS)].clamp(0, 1)
    crossed = F.binary_cross_entropy_with_logits(masks, known, reduction="none")
    return 1.5 * (crossed * _WEIGHT).mean() + ((places - sheets[:, len(MASKS) :]) / _SCALE).abs().mean()


def _trained(net: nn.Module, run: Run, lessons: Lessons, out: Path, name: str) -> Mapping[str, Tensor]:
    """The running average of the weights after a run; it goes on from its checkpoint."""
    optimiser = torch.optim.AdamW(net.parameters(), run.lr, weight_decay=0.01)

    def step(i: int) -> Mapping[str, float]:
        images, sheets = lessons(run.batch)
        net.train()
        with torch.autocast("cpu", torch.bfloat16):
            made = net(images.contiguous(memory_format=torch.channels_last))
        found = loss(made.float(), sheets)
        optimiser.zero_grad()
        found.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        return {"loss": found.item()}

    return loop.run(loop.Task({"net": net}, {"net": optimiser}, step, "net"), run.steps, out, name)


def _config(plan: AnatomyRecipe, cohort: Cohort, net: UNet) -> dict[str, object]:
    """What config.json says; the limit of doubt is that of the training films that the net reads least surely."""
    reader = AnatomyReader(net.eval(), plan.size, 1.0, "unsaved")
    rows = np.random.default_rng(plan.seed).permutation(len(cohort))[:1000]
    parts = np.array_split(rows, max(1, len(rows) // 64))
    doubts = torch.cat([reader.read(torch.from_numpy(cohort.images(part))).doubt for part in parts])
    return {
        "method": METHOD, "name": plan.name, "size": plan.size, "widths": plan.widths, "sheets": SHEETS,
        "limit": round(float(doubts.quantile(UNLIKE)), 4), "recipe": plan.model_dump(), "cohorts": trained_on(cohort),
    }  # fmt: skip
