"""How findings progress: a known stochastic differential equation, under no treatment, treatment A and treatment B.

The severity s(t) in [0, 1] of one finding in one patient is a Jacobi (Wright-Fisher) diffusion,

    ds = r kappa (theta - s) dt + sigma sqrt(r s (1 - s)) dW,    s(0) given,

with the time t in days. The treatment sets the target theta and the pull kappa (1/day) towards it, the finding the
noise sigma; the rate r >= 0 is the patient's own and stretches time: 0 is a finding that stands still, 2 one that
runs twice as fast. A severity of 0 whose target is 0 stays 0. The Brownian path W belongs to the patient and
not to the treatment, so the trajectories of one patient under all three are counterfactuals of each other.

The drift is linear and sigma^2 s (1 - s) quadratic in s, so mean and variance have closed forms (`moments`; Forman and
Sorensen 2008, "The Pearson diffusions", Scand. J. Statist. 35), against which the simulation is tested.

Treatment A takes away fluid, and dries the airways up (atelectasis); B treats infection and opens the lung, and brings
fluid (edema). Neither helps emphysema, and fractures heal by themselves: no treatment is the best for everybody.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from causaray.cohorts.phantom.exogenous import FINDINGS
from causaray.errors import BadInput

TREATMENTS = ("none", "A", "B")
ONSET, RESOLUTION = 0.12, 0.06
"""A finding becomes present when its severity reaches ONSET, and stays so until it is below RESOLUTION."""
STEP = 0.05
"""Days of one step of Euler-Maruyama."""
SUSCEPTIBLE = 0.03
"""Share of the patients without a finding who may get it."""

_BROWNIAN, _RATES = 16, 17  # streams of (seed, index), apart from those of `exogenous`
Indices = Sequence[int] | np.ndarray
"""Numbers of patients: with a seed, who they are."""
Drift = tuple[float, float]
"""kappa (1/day) and theta."""


class Course(NamedTuple):
    """The drift of a finding under each of TREATMENTS, and its sigma."""

    none: Drift
    a: Drift
    b: Drift
    sigma: float


COURSES: Mapping[str, Course] = {
    "Pleural Effusion": Course((0.10, 0.75), (0.35, 0.00), (0.15, 0.25), 0.15),
    "Cardiomegaly": Course((0.02, 0.80), (0.05, 0.30), (0.02, 0.80), 0.04),
    "Atelectasis": Course((0.12, 0.50), (0.12, 0.70), (0.40, 0.00), 0.18),
    "Edema": Course((0.15, 0.80), (0.60, 0.00), (0.25, 0.90), 0.20),
    "Consolidation": Course((0.12, 0.85), (0.12, 0.85), (0.35, 0.00), 0.15),
    "Pneumothorax": Course((0.15, 0.60), (0.15, 0.60), (0.80, 0.00), 0.15),
    "Emphysema": Course((0.005, 1.00), (0.005, 1.00), (0.005, 1.00), 0.02),
    "Lung Lesion": Course((0.01, 1.00), (0.01, 1.00), (0.02, 0.30), 0.03),
    "Enlarged Cardiomediastinum": Course((0.02, 0.60), (0.05, 0.30), (0.02, 0.60), 0.04),
    "Fracture": Course((0.05, 0.00), (0.05, 0.00), (0.05, 0.00), 0.05),
}


def draw_rates(severity: np.ndarray, seed: int, indices: Indices | None = None) -> np.ndarray:
    """The rates (P, F) of patients `indices` (0 to P - 1 if None), each row from (seed, index) alone.

    Log-normal about 1; where the severity (P, F) is 0 the rate is 0 too, but for the SUSCEPTIBLE.
    """
    draws = [
        (rng.standard_normal(len(FINDINGS)), rng.random(len(FINDINGS)))
        for rng in _streams(severity, seed, indices, _RATES)
    ]
    speed, chance = np.swapaxes(draws, 0, 1)
    return np.exp(0.3 * speed) * ((severity > 0) | (chance < SUSCEPTIBLE))


def trajectory(
    severity: np.ndarray,
    rates: np.ndarray,
    treatment: str,
    times: Sequence[float] | np.ndarray,
    seed: int,
    indices: Indices | None = None,
) -> np.ndarray:
    """Severities (T, P, F) in [0, 1] at `times` (T,), in days from 0, of patients whose severity is (P, F) at time 0.

    The columns are FINDINGS, in order; `rates` (P, F) is r above. The Brownian path of a patient depends on (seed,
    index) alone, `indices` being 0 to P - 1 if None: not on the treatment, the times, or who else is followed. Steps of
    STEP by Euler-Maruyama, projected onto [0, 1] (weak order 1), and straight lines between them.

    Raises BadInput for an unknown treatment, times before 0, and shapes that do not agree.
    """
    severity, rates, times = _checked(severity, rates, times)
    kappa, theta, sigma = _coefficients(treatment)
    steps = int(np.ceil(times.max(initial=0) / STEP))
    streams = _streams(severity, seed, indices, _BROWNIAN)
    noise = np.stack([rng.standard_normal((steps, len(FINDINGS))) for rng in streams], 1) * np.sqrt(STEP)
    path = np.empty((steps + 1, *severity.shape))
    path[0] = severity
    for s, onward, dw in zip(path[:-1], path[1:], noise, strict=True):
        drift = rates * kappa * (theta - s)
        onward[:] = np.clip(s + drift * STEP + sigma * np.sqrt(rates * s * (1 - s)) * dw, 0, 1)
    before = np.minimum((times / STEP).astype(int), max(steps - 1, 0))
    part = (times / STEP - before)[:, None, None]
    return (1 - part) * path[before] + part * path[np.minimum(before + 1, steps)]


def moments(
    severity: np.ndarray, rates: np.ndarray, treatment: str, times: Sequence[float] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The mean and the variance (T, P, F) of s(t) in closed form; arguments and errors as of `trajectory`.

    With t counted in r, a = 2 kappa theta + sigma^2, b = 2 kappa + sigma^2 and d = s(0) - theta:
    E s = theta + d e^(-kappa t), and E s^2 = a theta / b + a d / (b - kappa) e^(-kappa t) + c e^(-b t), where c makes
    it s(0)^2 at 0.
    """
    severity, rates, times = _checked(severity, rates, times)
    kappa, theta, sigma = _coefficients(treatment)
    t = rates * times[:, None, None]
    a, b, d = 2 * kappa * theta + sigma**2, 2 * kappa + sigma**2, severity - theta
    mean = theta + d * np.exp(-kappa * t)
    rest, fading = a * theta / b, a * d / (b - kappa)
    square = rest + fading * np.exp(-kappa * t) + (severity**2 - rest - fading) * np.exp(-b * t)
    return mean, np.maximum(square - mean**2, 0)


def presence(severities: np.ndarray) -> np.ndarray:
    """Whether a finding is present (T, P, F), of its severities in the order of time: see ONSET and RESOLUTION."""
    present = np.empty(severities.shape, bool)
    was = np.zeros(severities.shape[1:], bool)
    for now, s in zip(present, severities, strict=True):
        now[:] = was = (s >= ONSET) | (was & (s >= RESOLUTION))
    return present


def _coefficients(treatment: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """kappa, theta and sigma (F,)."""
    if treatment not in TREATMENTS:
        raise BadInput(f'Unknown treatment "{treatment}"; it is one of {", ".join(TREATMENTS)}.')
    courses = [COURSES[name] for name in FINDINGS]
    kappa, theta = np.array([course[TREATMENTS.index(treatment)] for course in courses]).T
    return kappa, theta, np.array([course.sigma for course in courses])


def _checked(severity: np.ndarray, rates: np.ndarray, times: Sequence[float] | np.ndarray) -> tuple[np.ndarray, ...]:
    severity, rates, times = (np.asarray(values, float) for values in (severity, rates, times))
    if severity.ndim != 2 or severity.shape[1] != len(FINDINGS) or rates.shape != severity.shape:
        shapes = f"{severity.shape} and {rates.shape}"
        raise BadInput(f"Severities and rates have shapes {shapes}; both are (patients, {len(FINDINGS)}).")
    if times.ndim != 1 or (times < 0).any():
        raise BadInput("Times are a list of days from 0 on, such as 0, 7, 14.")
    return severity, rates, times


def _streams(severity: np.ndarray, seed: int, indices: Indices | None, stream: int) -> list[np.random.Generator]:
    indices = range(len(severity)) if indices is None else indices
    return [np.random.default_rng((seed, int(index), stream)) for index in indices]
