"""Training of the equation: sampled paths of each patient under the treatment given, against what was seen."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.systems.neural_sde.losses import LOSSES
from causaray.systems.neural_sde.measures import at_visits, covered, later
from causaray.systems.neural_sde.model import NeuralSDE
from causaray.systems.neural_sde.recipe import SDERun
from causaray.systems.neural_sde.sde import path_kl
from causaray.systems.neural_sde.visits import Visits
from causaray.training.loop import Task, run
from causaray.training.updates import adamw, update

CLIP = 1.0
TUNED_BY = 300
"""Most patients by whom the spread is chosen."""
SPREADS = np.geomspace(0.8, 1.7, 9)
PATHS, TUNED_LEVEL = 50, 0.8
MOVES = 0.01
"""Deviation, as a share of its range, above which an outcome is taken to move: what stands still any interval holds."""


def fit(model: NeuralSDE, visits: Visits, plan: SDERun, seed: int, out: Path, name: str) -> NeuralSDE:
    """Train the model on visits and return it with the running average of its weights. Resumes out/<name>.pt.

    An update follows its patients up to a day that is drawn evenly by its logarithm, at first from short times alone:
    what moves, moves early, and long paths cost the most.
    """
    model.psi.features.fit(visits.values)
    draw, longest = like_follow_up(visits.last, plan.batch, seed), float(visits.last.max())
    optimiser = adamw(model, plan.lr)

    def step(i: int) -> dict[str, float]:
        reach = np.random.default_rng((seed, i)).random() * min(1.0, 0.1 + 1.5 * i / plan.steps)
        batch = visits.rows(draw(i)).until(plan.step * (longest / plan.step) ** reach)
        loss, kl = losses(model, batch, plan, torch.Generator().manual_seed(seed + i))
        update(loss + plan.kl * kl, optimiser, CLIP)
        return {plan.loss: loss.item(), "kl": kl.item()}

    model.load_state_dict(run(Task({"model": model}, {"model": optimiser}, step, "model"), plan.steps, out, name))
    return model.eval()


def losses(model: NeuralSDE, visits: Visits, plan: SDERun, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The loss of a batch of patients, a mean over what was seen, and the KL of its paths, 0 where it has no weight."""
    patient = model.patient(torch.from_numpy(visits.features), torch.from_numpy(visits.values))
    treatment = torch.from_numpy(visits.treatment)
    steps = model.steps(torch.from_numpy(visits.days).nan_to_num())
    noise = model.noise(int(steps.max()), plan.paths, len(visits), generator)
    states = model.states(patient, treatment, noise)
    visited = states[steps, :, torch.arange(len(visits))[:, None]]  # (B, V, K, D)
    paths = model.h(visited).movedim(2, 0)  # not brought back to the range, beyond which no gradient would flow
    observed = model.unit(torch.from_numpy(visits.outcomes))
    known = observed.isfinite()
    each = LOSSES[plan.loss](paths, observed.nan_to_num())
    loss = each[known].mean()
    if not plan.kl:
        return loss, torch.zeros(())
    return loss, path_kl(model.dynamics(patient, treatment), torch.neg, states, model.lengths[: len(states) - 1]).mean()


def like_follow_up(last: np.ndarray, batch: int, seed: int) -> Callable[[int], np.ndarray]:
    """Rows of each update: batches of patients with a like follow-up, as a path is as long as that of its longest.

    Every patient once an epoch; who is with whom is drawn anew each time.
    """
    a_time = max(1, len(last) // batch)

    def draw(i: int) -> np.ndarray:
        epoch, place = divmod(i, a_time)
        rng = np.random.default_rng((seed, epoch))
        order = np.argsort(np.log1p(last) + 0.3 * rng.standard_normal(len(last)))
        batches = np.array_split(order, a_time)
        return batches[rng.permutation(a_time)[place]]

    return draw


def calibrate(model: NeuralSDE, held: Visits, seed: int) -> None:
    """Scale the noise of a trained model so that its 80 % intervals hold that share of what `held` patients showed.

    It has not learned from them, and only outcomes that it takes to move count. Noise that is learned is too small for
    what the model does not know of patients whom it has not seen.
    """
    held = held.rows(np.arange(min(TUNED_BY, len(held))))
    moves = later(held) & (at_visits(model, held, PATHS, seed).std(0) > MOVES * model.width.numpy())
    off = []
    for spread in SPREADS:
        model.spread.fill_(spread)
        inside = covered(at_visits(model, held, PATHS, seed), np.nan_to_num(held.outcomes), TUNED_LEVEL)
        off.append(abs(inside[moves].mean() - TUNED_LEVEL) if moves.any() else abs(spread - 1))
    model.spread.fill_(SPREADS[int(np.argmin(off))])
