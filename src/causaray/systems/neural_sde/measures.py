"""What a forecaster of many patients is measured by: error, cover, effects, and what a policy gains."""

from collections.abc import Mapping

import numpy as np
import torch

from causaray.systems.neural_sde.losses import energy_score
from causaray.systems.neural_sde.model import NeuralSDE
from causaray.systems.neural_sde.visits import Visits

BATCH = 100
"""Patients whose paths are in memory at a time."""


@torch.inference_mode()
def at_visits(model: NeuralSDE, visits: Visits, paths: int, seed: int) -> np.ndarray:
    """Sampled outcomes (K, P, V, F) at each patient's own visits, under the treatment given."""
    found = np.empty((paths if model.shape.noisy else 1, *visits.outcomes.shape), np.float32)
    for rows in np.array_split(np.argsort(visits.last), -(-len(visits) // BATCH)):
        part = visits.rows(rows)
        steps = model.steps(torch.from_numpy(part.days).nan_to_num())
        patient = model.patient(torch.from_numpy(part.features), torch.from_numpy(part.values))
        noise = model.noise(int(steps.max()), paths, len(part), torch.Generator().manual_seed(seed))
        states = model.states(patient, torch.from_numpy(part.treatment), noise)
        found[:, rows] = model.outcomes(states[steps, :, torch.arange(len(part))[:, None]]).movedim(2, 0).numpy()
    return found


@torch.inference_mode()
def on_day(model: NeuralSDE, visits: Visits, arms: int, day: float, paths: int, seed: int) -> np.ndarray:
    """Sampled outcomes (A, K, P, F) of all patients on one day under each of `arms` treatments, with common noise."""
    parts = []
    steps = int(model.steps([day]).item())
    for rows in np.array_split(np.arange(len(visits)), -(-len(visits) // BATCH)):
        part = visits.rows(rows)
        patient = model.patient(torch.from_numpy(part.features), torch.from_numpy(part.values))
        noise = model.noise(steps, paths, len(part), torch.Generator().manual_seed(seed))
        each = [
            model.outcomes(model.states(patient, torch.full((len(part),), arm), noise)[-1]).numpy()
            for arm in range(arms)
        ]
        parts.append(np.stack(each))
    return np.concatenate(parts, 2)


def later(visits: Visits) -> np.ndarray:
    """Which outcomes (P, V, F) are known and of a day after day 0."""
    known: np.ndarray = np.isfinite(visits.outcomes) & (np.nan_to_num(visits.days) > 0)[..., None]
    return known


def by_patient(values: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and number (P,) of the known of values (P, ...): what bootstraps by patient draw."""
    axes = tuple(range(1, values.ndim))
    return np.where(known, values, 0).sum(axes), known.sum(axes)


def crps(paths: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """CRPS (...) of sampled outcomes (K, ...)."""
    return energy_score(torch.from_numpy(paths), torch.from_numpy(observed)).numpy()


def covered(paths: np.ndarray, observed: np.ndarray, level: float) -> np.ndarray:
    """Whether each observed value (...) lies in the central interval of its paths (K, ...)."""
    low, high = np.quantile(paths, [(1 - level) / 2, (1 + level) / 2], axis=0)
    inside: np.ndarray = (low <= observed) & (observed <= high)
    return inside


def pehe(effect: np.ndarray, truth: np.ndarray) -> float:
    """Root of the mean squared error of effects on individuals, of any shape."""
    return float(np.sqrt(np.mean((effect - truth) ** 2)))


def policy_gain(believed: np.ndarray, true: np.ndarray) -> Mapping[str, float]:
    """Of believed and true burdens (A, P): how much lower than under the best arm for all the mean burden is when each
    patient has the arm that is believed to be the best ("model"), or the one that is ("oracle")."""
    single = true.mean(1).min()
    chosen = np.take_along_axis(true, believed.argmin(0)[None], 0).mean()
    return {"model": float(single - chosen), "oracle": float(single - true.min(0).mean())}


def burden(outcomes: np.ndarray) -> np.ndarray:
    """The sum of the severities of outcomes (..., F)."""
    total: np.ndarray = outcomes.sum(-1)
    return total
