"""A denoiser read out as a classifier: probability of each finding, and how sure it is of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.calibration import lines
from causaray.diffusion.clock import Clock
from causaray.systems.diffusion_classifier.decisions import BINS, Evidence, bin_weights, bins_of, score
from causaray.systems.diffusion_classifier.evidence import Draws, differences, stratified
from causaray.systems.diffusion_classifier.stopping import NEVER, choose_bound, looks, suffices


class ReadableDenoiser(Protocol):
    """A denoiser whose conditions can be the two classes of a finding: ours, or that of a prior by its captions."""

    @property
    def clock(self) -> Clock: ...

    def encode(self, images: Tensor) -> Tensor: ...
    def conditions(self, j: int) -> Tensor: ...
    def __call__(self, z: Tensor, t: Tensor, condition: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class ReadOut:
    """How draws become a probability: sigmoid(slope * score + shift), a line a finding, fitted on split val.

    weights: of each bin of times, by finding (`decisions.bin_weights`). bound: of the sequential stopping, by finding.
    Not fitted, each finding's probability is sigmoid(score).
    """

    decision: str = "vote"
    draws: int = 51
    seed: int = 0
    slope: tuple[float, ...] = ()
    shift: tuple[float, ...] = ()
    weights: tuple[tuple[float, ...], ...] = ()
    bound: tuple[float, ...] = ()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ReadOut":
        """Of config.json. Raises TypeError for what is none."""
        known = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        return cls(**known | {"weights": tuple(map(tuple, known.get("weights", ())))})

    def line(self, j: int) -> tuple[float, float]:
        """Slope and shift of finding j."""
        return (self.slope[j], self.shift[j]) if self.slope else (1.0, 0.0)

    def bin_weights(self, j: int) -> np.ndarray:
        """Weights (BINS,) of finding j; all alike where none were fitted."""
        return np.array(self.weights[j]) if self.weights else np.ones(BINS)


@dataclass(frozen=True)
class Reading:
    """Of a finding in B images: its probability, the share of the draws for present, the draws used; each (B,)."""

    probability: np.ndarray
    votes: np.ndarray
    draws: np.ndarray

    @property
    def uncertainty(self) -> np.ndarray:
        """The share of the votes of the minority (B,), 0 to 0.5 (the paper's)."""
        return np.minimum(self.votes, 1 - self.votes)


class DiffusionClassifier:
    """Reads findings off a denoiser. Every image meets the same draws, so that it is read alone as in any batch."""

    def __init__(self, net: ReadableDenoiser, names: Sequence[str], read_out: ReadOut) -> None:
        self.net, self.names, self.read_out = net, tuple(names), read_out

    def draws(self, shape: Sequence[int]) -> Draws:
        """Those of the read-out, for latents of shape (C, H, W)."""
        channels, height, width = shape
        return stratified(self.net.clock, self.read_out.draws, (channels, height, width), self.read_out.seed)

    def bins(self, draws: Draws) -> np.ndarray:
        """The bin of times of each draw (N,)."""
        grid = self.net.clock.times(1.0, 1000).flip(0).double().numpy()
        return bins_of(np.interp(draws.t.double().numpy(), grid, np.linspace(0, 1, len(grid))))

    def evidence(self, images: Tensor, j: int) -> Evidence:
        """Differences (B, N) of finding j in images (B, 1, S, S) in [0, 1]."""
        return self._drawn(images, j, NEVER)[0]

    def read(self, images: Tensor, j: int, sequential: bool = False) -> Reading:
        """Finding j of images (B, 1, S, S) in [0, 1]; sequential: only as many draws as each needs.

        The probability is that of the score of the draws that were used.
        """
        stops = sequential and self.read_out.bound
        evidence, needed = self._drawn(images, j, self.read_out.bound[j] if stops else NEVER)
        weights = self.read_out.bin_weights(j)[self.bins(self.draws(self.net.encode(images[:1]).shape[1:]))]
        scores, votes = np.empty(len(images)), np.empty(len(images))
        for n in np.unique(needed):
            used, rows = evidence[needed == n, :n], needed == n
            scores[rows] = score(self.read_out.decision, used, weights[:n])
            votes[rows] = (used > 0).mean(1)
        slope, shift = self.read_out.line(j)
        return Reading(1 / (1 + np.exp(-np.clip(slope * scores + shift, -700, 700))), votes, needed)

    @torch.no_grad()
    def _drawn(self, images: Tensor, j: int, bound: float) -> tuple[Evidence, np.ndarray]:
        """Differences (B, N), NaN where an image needed no more of them, and how many each needed (B,)."""
        z, conditions = self.net.encode(images), self.net.conditions(j)
        draws = self.draws(z.shape[1:])
        needed, evidence = np.full(len(z), len(draws)), np.full((len(z), len(draws)), np.nan)
        rows, before = np.arange(len(z)), 0
        for n in [len(draws)] if bound == NEVER else looks(len(draws)):
            some = z[torch.from_numpy(rows).to(z.device)]
            evidence[rows, before:n] = differences(self.net, some, conditions, draws.part(before, n))
            done = suffices(evidence[rows, :n], bound)
            needed[rows[done]], rows, before = n, rows[~done], n
            if not len(rows):
                break
        return evidence, needed

    def predict(self, images: Tensor) -> np.ndarray:
        """Probabilities (B, n) of all findings in images (B, 1, S, S) in [0, 1]."""
        return np.stack([self.read(images, j).probability for j in range(len(self.names))], 1)


def fit(classifier: DiffusionClassifier, images: Tensor, labels: np.ndarray) -> ReadOut:
    """The read-out with weights, lines and bounds fitted on images (B, 1, S, S) of labels (B, n), 1, 0, NaN unknown.

    A finding of which both classes are not among them keeps line, weights and bound that change nothing.
    """
    plan, n = classifier.read_out, len(classifier.names)
    slope, shift, bound = np.ones(n), np.zeros(n), np.full(n, NEVER)
    weights = np.ones((n, BINS))
    for j in range(n):
        known = np.isfinite(labels[:, j])
        present = labels[known, j] == 1
        if len(np.unique(present)) < 2:
            continue
        shown = images[torch.from_numpy(known)]
        evidence = classifier.evidence(shown, j)
        bins = classifier.bins(classifier.draws(classifier.net.encode(shown[:1]).shape[1:]))
        weights[j] = bin_weights(evidence, present, bins)
        scores = score(plan.decision, evidence, weights[j][bins])[:, None]
        (slope[j],), (shift[j],) = lines(scores, present[:, None].astype(float))
        bound[j] = choose_bound(evidence, present)
    fitted = {"slope": slope.tolist(), "shift": shift.tolist(), "weights": weights.tolist(), "bound": bound.tolist()}
    return ReadOut.from_dict(asdict(plan) | fitted)
