"""Is the counterfactual the nearest one that answers the request: in a latent, and by where the image changed."""

import numpy as np
import torch
from torch import Tensor

from causaray.evaluation.images.distances import absolute_error, l1
from causaray.evaluation.statistics.bootstrap import Estimate, known_mean, mean_interval

WEIGHTS = 0.8, 0.2
"""Of "no further than those who have it" and "no nearer than those who have not", as the benchmark sets them."""


def latent_divergence(
    moved: np.ndarray,
    apart: np.ndarray,
    like_factual: np.ndarray,
    like_counterfactual: np.ndarray,
    weights: tuple[float, float] = WEIGHTS,
) -> np.ndarray:
    """Counterfactual latent divergence of each of N images: (N,), 0 to 1, less is more minimal.

    CLD = log(w1 exp P(S* <= div) + w2 exp P(S >= div)), Sanchez & Tsaftaris 2022 (CLeaR, arXiv:2202.10166), weights of
    Melistas et al. 2024 (arXiv:2403.20287). div = d(x, x*) is `moved` (N,); S = {d(x, x'): x' has the intervened
    attribute as x has it} and S* = {d(x, x'): as x* is to have it} are the entries of `apart` (N, M), distances to M
    real images, where `like_factual`, `like_counterfactual` (N, M) are true. P is a share of the set, and x belongs to
    its own S when it is among the M. NaN where a set is empty. Copied input: log(0.8 + 0.2 e) = 0.30; images drawn
    from those with the asked value: about 0.5.
    """
    nearer, further = apart <= moved[:, None], apart >= moved[:, None]
    with np.errstate(invalid="ignore"):
        beyond = (nearer & like_counterfactual).sum(1) / like_counterfactual.sum(1)
        short = (further & like_factual).sum(1) / like_factual.sum(1)
    return np.log(weights[0] * np.exp(beyond) + weights[1] * np.exp(short))


def feature_distance(features: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Mean absolute difference of features (M, d) from each of `to` (N, d): (N, M), the benchmark's other distance."""
    from scipy.spatial.distance import cdist

    return cdist(to, features, "cityblock") / to.shape[1]


def minimality(
    real: np.ndarray, edited: np.ndarray, had: np.ndarray, asked: np.ndarray, patients: np.ndarray, seed: int = 0
) -> Estimate | None:
    """Mean CLD by `feature_distance` of edited (N, d) from real (N, d) features, row by row of the same image.

    `had` (N,) is the value of the intervened attribute that each image has, `asked` (N,) the one it is edited to;
    NaN for not known. None when no image has a known value and others to be compared with.
    """
    moved = np.abs(edited - real).mean(1)
    like_factual, like_counterfactual = had[:, None] == had, asked[:, None] == had
    return known_mean(
        latent_divergence(moved, feature_distance(real, real), like_factual, like_counterfactual), patients, seed=seed
    )


def masked_change(
    factual: Tensor, counterfactual: Tensor, allowed: Tensor, patients: np.ndarray, seed: int = 0
) -> dict[str, Estimate | None]:
    """Where images (N, 1, S, S) changed: `allowed` (N or 1, 1, S, S) is true where the request may change them.

    "outside_share": the share of all absolute change that lies outside, of images that changed at all; beside it
    "outside_area", what an even change would have there. "outside" and "inside": mean absolute change in grey levels.
    """
    allowed = allowed.expand_as(factual)
    change = absolute_error(counterfactual, factual)
    share = torch.where(allowed, 0.0, change).sum((1, 2, 3)) / change.sum((1, 2, 3))
    values = {
        "outside_share": share,
        "outside": l1(counterfactual, factual, ~allowed),
        "inside": l1(counterfactual, factual, allowed),
    }
    return {name: known_mean(value.numpy(), patients, seed=seed) for name, value in values.items()} | {
        "outside_area": mean_interval((~allowed).float().mean((1, 2, 3)).numpy(), patients, seed=seed)
    }
