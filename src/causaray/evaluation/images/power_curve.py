"""The radial power spectrum of made images beside that of real ones, with intervals by patient."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from causaray.evaluation.images.spectrum import ring_power
from causaray.evaluation.statistics.bootstrap import figure, resamples

RINGS = 32
Curve = dict[str, list[float]]
""""value", "low" and "high" (95 % interval) of each ring, in the order of "frequency"."""


def power_curves(real: Tensor, made: Mapping[str, Tensor], patients: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """Power by frequency of each set of images `made` (N, 1, S, S), its row i made from image i of real, and of "real".

    "frequency": the middle of each ring, in cycles a pixel. "power": kind -> `Curve`. "decibel": kind -> `Curve` of
    10 log10 of its power to that of the real images, in pairs: 0 is as real, +3 twice the power. "distance": kind ->
    mean |decibel| over the rings. In the last two the control "real" is half of the real patients against the others.
    """
    rings = min(RINGS, real.shape[-1] // 4)
    power = {kind: ring_power(x, rings).double().numpy() for kind, x in {**made, "real": real}.items()}
    drawn = np.concatenate([np.ones((1, len(patients))), resamples(patients, 500, seed)])
    people = np.random.default_rng(seed).permutation(np.unique(patients))
    half = np.isin(patients, people[::2])
    means = {kind: _means(x, drawn) for kind, x in power.items()}
    decibel = {kind: _decibel(means[kind], means["real"]) for kind in made}
    # A draw of few patients may hold none of a half, and then says nothing.
    both = drawn[(drawn @ half > 0) & (drawn @ ~half > 0)]
    decibel["real"] = _decibel(_means(power["real"], both * half), _means(power["real"], both * ~half))
    distances = {kind: np.abs(levels).mean(1) for kind, levels in decibel.items()}
    return {
        "frequency": [(ring + 0.5) / (2 * rings) for ring in range(rings)],
        "power": {kind: _curve(levels) for kind, levels in means.items()},
        "decibel": {kind: _curve(levels) for kind, levels in decibel.items()},
        "distance": {kind: figure(float(d[0]), d[1:], patients, seed) for kind, d in distances.items()},
    }


def _means(values: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Mean of values (N, R) over the rows of each draw (D, N): (D, R)."""
    return drawn @ values / drawn.sum(1, keepdims=True)


def _decibel(power: np.ndarray, to: np.ndarray) -> np.ndarray:
    """10 log10 of the ratio; -100 where there is no power at all."""
    return 10 * np.log10((power / to).clip(1e-10))


def _curve(drawn: np.ndarray) -> Curve:
    low, high = np.quantile(drawn[1:], [0.025, 0.975], axis=0)
    return {"value": drawn[0].tolist(), "low": low.tolist(), "high": high.tolist()}
