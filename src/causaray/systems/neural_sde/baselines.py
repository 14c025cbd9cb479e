"""What the neural SDE is compared with, on the same features and table: each forecasts one number a visit and outcome.

The last value, a linear mixed model, a net of fixed times, a recurrent net, and a learner for each treatment.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from causaray.nets.tabular import TabularFeatures
from causaray.systems.neural_sde.model import Shape
from causaray.systems.neural_sde.visits import Visits
from causaray.training.loop import Task, run
from causaray.training.updates import adamw, update

HIDDEN, BATCH, STEPS, RATE = 64, 128, 800, 3e-3
RATIOS = np.geomspace(1e-3, 10, 7)
"""Of the variance of a patient's own level to that of a visit, tried by the mixed model."""


def last_value(visits: Visits) -> np.ndarray:
    """(P, V, F): what was seen on day 0, at all visits."""
    return np.broadcast_to(visits.outcomes[:, :1], visits.outcomes.shape)


class Design(nn.Module):
    """What nets and the mixed model are told of P patients: image features, table, treatment; (P, size)."""

    def __init__(self, shape: Shape, visits: Visits) -> None:
        super().__init__()
        self.table, self.arms = TabularFeatures(shape.columns), len(shape.treatments)
        self.table.fit(visits.values)
        self.size = shape.features + self.table.size + self.arms
        self.scale = float(np.log1p(shape.horizon))

    def forward(self, visits: Visits, treatment: Tensor) -> Tensor:
        known = [torch.from_numpy(visits.features), self.table(torch.from_numpy(visits.values))]
        return torch.cat([*known, nn.functional.one_hot(treatment, self.arms)], 1)

    def time(self, days: Tensor) -> Tensor:
        """Days as about 0 to 1, the early ones apart."""
        return days.nan_to_num().log1p() / self.scale


class FixedTime(nn.Module):
    """A net of patient, treatment and the day: (P, V, F)."""

    def __init__(self, design: Design, outcomes: int) -> None:
        super().__init__()
        self.design = design
        self.net = nn.Sequential(
            nn.Linear(design.size + 1, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, HIDDEN), nn.SiLU(),
            nn.Linear(HIDDEN, outcomes),
        )  # fmt: skip

    def forward(self, visits: Visits, treatment: Tensor, days: Tensor) -> Tensor:
        told = self.design(visits, treatment)[:, None].expand(-1, days.shape[1], -1)
        answer: Tensor = self.net(torch.cat([told, self.design.time(days)[..., None]], 2))
        return answer


class Recurrent(nn.Module):
    """A GRU whose state is of the patient on day 0 and which takes a step from visit to visit: (P, V, F)."""

    def __init__(self, design: Design, outcomes: int) -> None:
        super().__init__()
        self.design = design
        self.start = nn.Linear(design.size, HIDDEN)
        self.gru = nn.GRU(design.arms + 2, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, outcomes)

    def forward(self, visits: Visits, treatment: Tensor, days: Tensor) -> Tensor:
        start = self.start(self.design(visits, treatment)).tanh()
        gap = days.nan_to_num().diff(dim=1, prepend=torch.zeros(len(days), 1)).clamp(min=0)
        arm = nn.functional.one_hot(treatment, self.design.arms)[:, None].expand(-1, days.shape[1], -1)
        seen = torch.cat([arm, self.design.time(gap)[..., None], self.design.time(days)[..., None]], 2)
        answer: Tensor = self.out(self.gru(seen, start[None].contiguous())[0])
        return answer


def fit_net(
    net: FixedTime | Recurrent, visits: Visits, seed: int, out: Path, name: str, steps: int = STEPS
) -> FixedTime | Recurrent:
    """Train by squared error of what was seen; resumes out/<name>.pt."""
    optimiser = adamw(net, RATE)

    def step(i: int) -> dict[str, float]:
        part = visits.rows(np.random.default_rng((seed, i)).integers(len(visits), size=BATCH))
        observed = torch.from_numpy(part.outcomes)
        made = net(part, torch.from_numpy(part.treatment), torch.from_numpy(part.days))
        loss = ((made - observed.nan_to_num()) ** 2)[observed.isfinite()].mean()
        update(loss, optimiser, 1.0)
        return {"mse": loss.item()}

    net.load_state_dict(run(Task({"net": net}, {"net": optimiser}, step, "net"), steps, out, name))
    net.eval()
    return net


@torch.inference_mode()
def forecast(net: FixedTime | Recurrent, visits: Visits) -> np.ndarray:
    """(P, V, F) at the visits, under the treatment given."""
    return net(visits, torch.from_numpy(visits.treatment), torch.from_numpy(visits.days)).numpy()


def fit_learners(
    shape: Shape, visits: Visits, seed: int, out: Path, name: str
) -> Callable[[Visits, float], np.ndarray]:
    """T-learner: a net of fixed times for the patients of each treatment alone; (visits, day) -> (A, P, F)."""
    learners = []
    for arm, treatment in enumerate(shape.treatments):
        torch.manual_seed(seed)
        treated = visits.rows(visits.treatment == arm)
        net = FixedTime(Design(shape, treated), len(shape.outcomes))
        learners.append(fit_net(net, treated, seed, out, f"{name}-{treatment}"))

    @torch.inference_mode()
    def each(asked: Visits, day: float) -> np.ndarray:
        days = torch.full((len(asked), 1), float(day))
        arms = [torch.full((len(asked),), arm) for arm in range(len(learners))]
        return np.stack([net(asked, arm, days)[:, 0].numpy() for net, arm in zip(learners, arms, strict=True)])

    return each


def mixed_model(shape: Shape, learned: Visits, asked: Visits) -> np.ndarray:
    """Forecasts (P, V, F) of a linear mixed model: fixed effects, and a level of each patient's own.

    Fixed are the outcomes of day 0, image features, table and treatment, time, and the products of time with day 0 and
    treatment. The ratio of both variances is that of the greatest likelihood; the level of a new patient is taken
    to be 0, as day 0 is among the fixed effects.
    """
    design = Design(shape, learned)
    x, whose, known = _rows(design, learned)
    wanted = _rows(design, asked)[0].reshape(len(asked), asked.days.shape[1], -1)
    made = np.empty(asked.outcomes.shape)
    for j in range(len(shape.outcomes)):
        y = learned.outcomes[..., j].ravel()
        rows = known & np.isfinite(y)
        made[..., j] = wanted @ _greatest_likelihood(x[rows], y[rows], whose[rows])
    return made


@torch.inference_mode()
def _rows(design: Design, visits: Visits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A row a visit: fixed effects (N, X), whose visit it is (N,), and whether it is one after day 0."""
    n, v = visits.days.shape
    told = design(visits, torch.from_numpy(visits.treatment)).numpy()
    start, arm = np.nan_to_num(visits.outcomes[:, 0]), told[:, -design.arms :]
    time = design.time(torch.from_numpy(visits.days)).numpy()[..., None]
    moving = np.concatenate([start, arm, (start[:, :, None] * arm[:, None]).reshape(n, -1)], 1)
    still = np.concatenate([told, moving, np.ones((n, 1))], 1)
    x = np.concatenate([np.broadcast_to(still[:, None], (n, v, still.shape[1])), moving[:, None] * time], 2)
    return x.reshape(n * v, -1), np.repeat(np.arange(n), v), (np.nan_to_num(visits.days) > 0).ravel()


def _greatest_likelihood(x: np.ndarray, y: np.ndarray, whose: np.ndarray) -> np.ndarray:
    """Fixed effects (X,) by generalised least squares, at the ratio of variances with the greatest likelihood."""
    _, whose, counts = np.unique(whose, return_inverse=True, return_counts=True)
    best, effects = np.inf, np.zeros(x.shape[1])
    for ratio in RATIOS:
        # A mean of n visits counts through 1 - (1 + n ratio)^(-1/2): rows so shifted have errors of equal variance.
        share = (1 - (1 + counts * ratio) ** -0.5)[whose, None]
        both = np.column_stack([x, y])
        means = np.stack([np.bincount(whose, column) for column in both.T], 1) / counts[:, None]
        shifted = both - share * means[whose]
        fitted = np.linalg.lstsq(shifted[:, :-1], shifted[:, -1], rcond=1e-6)[0]
        error = float(((shifted[:, -1] - shifted[:, :-1] @ fitted) ** 2).mean())
        unlikely = len(y) * np.log(error) + np.log1p(counts * ratio).sum()
        if unlikely < best:
            best, effects = unlikely, fitted
    return effects
