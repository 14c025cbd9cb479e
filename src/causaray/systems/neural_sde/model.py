"""The neural SDE: image and table to Z(t0), Z(t) under a treatment, and the outcomes at any time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor, nn

from causaray.nets.tabular import Column, TabularEncoder
from causaray.systems.neural_sde.sde import Field, heun

DT = 0.1
"""Length of the first step in the time of the equation, whatever it is in days: nets see numbers of one size."""
LONGER, LONGEST = 30.0, 3.0
"""Steps grow, by as much again in so many first steps, up to so many times the first: what moves, moves early."""


@dataclass(frozen=True)
class Shape:
    """What a model is told and tells.

    features: of the image encoder, 0 without images; columns: of the table; treatments, outcomes: names; ranges: the
    lowest and highest value of each outcome; step: days of the first step of the equation; horizon: last day that
    is forecast; latent: coordinates of Z; patient: of what image and table say, each half; hidden: width of the nets;
    noisy: False makes it a neural ODE.
    """

    features: int
    columns: tuple[Column, ...]
    treatments: tuple[str, ...]
    outcomes: tuple[str, ...]
    ranges: tuple[tuple[float, float], ...]
    step: float
    horizon: float
    latent: int = 8
    patient: int = 32
    hidden: int = 64
    noisy: bool = True

    @classmethod
    def read(cls, values: dict[str, Any]) -> Self:
        """Of what config.json says. Raises KeyError or TypeError where it says none."""
        made = cls(**values)
        return replace(
            made,
            columns=tuple(Column(name, tuple(categories)) for name, categories in made.columns),
            treatments=tuple(made.treatments),
            outcomes=tuple(made.outcomes),
            ranges=tuple((low, high) for low, high in made.ranges),
        )


class NeuralSDE(nn.Module):
    """p = [phi(X), psi(W)];  Z(t0) = lift(p, e);  dZ = f(Z, p | s) dt + g(Z, p | s) o dW;  Y = h(Z), linear.

    p holds what does not move in a patient, such as how fast a disease runs. e is standard normal, anew for each path:
    what image and table leave open of the state of day 0, which the paper takes as known. X are features (B, E) of the
    image encoder, W values (B, C) of the table, s numbers (B,) of treatments. h gives 0 for the lowest and 1 for the
    highest value of an outcome; what leaves that range is brought back to its end, so that a finding can be gone.
    """

    low: Tensor
    width: Tensor
    spread: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        half, hidden, latent = shape.patient // 2, shape.hidden, shape.latent
        self.phi = nn.Sequential(nn.Linear(shape.features, half), nn.SiLU()) if shape.features else None
        self.psi = TabularEncoder(shape.columns, half, hidden)
        patient = half * (1 + (self.phi is not None))
        self.lift = nn.Sequential(nn.Linear(patient + latent, hidden), nn.SiLU(), nn.Linear(hidden, latent))
        self.told = nn.Sequential(
            nn.Linear(patient + len(shape.treatments), hidden), nn.SiLU(), nn.Linear(hidden, hidden + 2 * latent)
        )
        self.seen = nn.Linear(latent, hidden, bias=False)
        self.field = nn.Sequential(nn.Tanh(), nn.Linear(hidden, 2 * latent))
        self.h = nn.Linear(latent, len(shape.outcomes))
        low, high = torch.tensor(shape.ranges).T
        self.register_buffer("low", low)
        self.register_buffer("width", high - low)
        self.register_buffer("spread", torch.ones(()))  # of all noise, 1 until `fit.calibrate` chooses it
        self.times = step_times(shape.step, shape.horizon)

    def patient(self, features: Tensor, values: Tensor) -> Tensor:
        """p (B, P) of image and table."""
        encoded: Tensor = self.psi(values)
        return encoded if self.phi is None else torch.cat([self.phi(features), encoded], 1)

    def dynamics(self, patient: Tensor, treatment: Tensor) -> Field:
        """f and g of patients (B, P) under treatments (B,), for states (..., B, D).

        Each is a net of the state, and faster or slower as image, table and treatment say. Both are bounded, so that
        no path runs away.
        """
        chosen = nn.functional.one_hot(treatment, len(self.shape.treatments)).to(patient)
        told, pace = self.told(torch.cat([patient, chosen], 1)).split([self.shape.hidden, 2 * self.shape.latent], 1)
        pace = (2 * (pace / 2).tanh()).exp()

        def field(z: Tensor) -> tuple[Tensor, Tensor]:
            f, g = self.field(told + self.seen(z)).chunk(2, -1)
            faster, louder = pace.chunk(2, -1)
            return faster * f, louder * nn.functional.softplus(g) * self.shape.noisy

        return field

    def states(self, patient: Tensor, treatment: Tensor, noise: Tensor) -> Tensor:
        """Z (T + 1, K, B, D) at all steps from t0, under noise (T + 1, K, B, D), of which the first is e."""
        noise, known = noise * self.spread, patient.expand(noise.shape[1], -1, -1)
        start = self.lift(torch.cat([known, noise[0] * self.shape.noisy], 2))
        return heun(self.dynamics(patient, treatment), start, self.lengths[: len(noise) - 1], noise[1:])

    @property
    def lengths(self) -> Tensor:
        """Lengths of all steps in the time of the equation."""
        return self.times.diff() / self.shape.step * DT

    def noise(self, steps: int, paths: int, patients: int, generator: torch.Generator) -> Tensor:
        """Standard normal (T + 1, K, B, D): of day 0, and of each step."""
        shape = (steps + 1, paths if self.shape.noisy else 1, patients, self.shape.latent)
        return torch.randn(shape, generator=generator)

    def outcomes(self, states: Tensor) -> Tensor:
        """Y (..., F), in the unit of each outcome and within its range, of states (..., D)."""
        outcomes: Tensor = self.low + self.width * self.h(states).clamp(0, 1)
        return outcomes

    def unit(self, outcomes: Tensor) -> Tensor:
        """Outcomes (..., F) in the unit of the losses: 0 the lowest and 1 the highest of their ranges."""
        return (outcomes - self.low) / self.width

    def volatility(self, g: Tensor) -> Tensor:
        """What g (..., D) does to the outcomes (..., F): the root of d<Y>/dt, t in days."""
        return (g**2 @ self.h.weight.T**2).sqrt() * self.spread * self.width * (DT / self.shape.step) ** 0.5

    def steps(self, days: Sequence[float] | Tensor) -> Tensor:
        """Number of the step that each of days is nearest to."""
        wanted = torch.as_tensor(days, dtype=torch.float32)
        return (wanted[..., None] - self.times).abs().argmin(-1)


def step_times(first: float, horizon: float) -> Tensor:
    """Days of all steps, 0 and `horizon` among them."""
    times = [0.0]
    while times[-1] < horizon:
        times.append(times[-1] + first * min(LONGEST, 1 + times[-1] / first // LONGER))
    return torch.tensor([*times[:-1], horizon])
