"""How far a counterfactual is from the true one, in worlds that know it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.evaluation.images.distances import GREY_LEVELS, l1, psnr, ssim
from causaray.evaluation.statistics.bootstrap import Estimate, known_mean, ratio_of_means

CHANGED = 1 / GREY_LEVELS
"""A pixel is truly changed where the truth differs from the image by more than this."""
DISTANCES: dict[str, Callable[[Tensor, Tensor, Tensor | None], Tensor]] = {"l1": l1, "psnr": psnr, "ssim": ssim}


def truly_changed(factual: Tensor, truth: Tensor) -> Tensor:
    """Where the true counterfactual (N, 1, S, S) shows anything else than the image: bool (N, 1, S, S)."""
    return (truth - factual).abs() > CHANGED


def distance_to_truth(
    counterfactual: Tensor,
    truth: Tensor,
    factual: Tensor,
    reconstruction: Tensor | None,
    patients: np.ndarray,
    seed: int = 0,
) -> dict[str, Any]:
    """Distance of images (N, 1, S, S) in [0, 1] to the true counterfactual, beside two that edited nothing.

    "whole" and "changed", over the whole image and over its `truly_changed` pixels, each hold "edited", "copied" (the
    input itself) and "reconstructed" (the plain reconstruction), of which each holds mean "l1" (grey levels), "psnr"
    (dB, at most 100) and "ssim". "l1_to_copied" and "l1_to_reconstructed" are the edit's mean l1 as a share of theirs:
    below 1 it is nearer to the truth; NaN where a baseline has no error. "correlation" is the mean
    `change_correlation`, "changed_area" the changed share of the image. Images without changed pixels are left out of
    "changed", which is None when all are. Without a reconstruction nothing is said of it.
    """
    region = truly_changed(factual, truth)
    images = {"edited": counterfactual, "copied": factual}
    images |= {} if reconstruction is None else {"reconstructed": reconstruction}
    some = region.any((1, 2, 3))
    return {
        "whole": _distances(images, truth, None, patients, seed),
        "changed": _distances(
            {name: x[some] for name, x in images.items()}, truth[some], region[some], patients[some.numpy()], seed
        )
        if some.any()
        else None,
        "correlation": known_mean(change_correlation(counterfactual, truth, factual).numpy(), patients, seed=seed),
        "changed_area": known_mean(region.float().mean((1, 2, 3)).numpy(), patients, seed=seed),
    }


def _distances(
    images: dict[str, Tensor], truth: Tensor, region: Tensor | None, patients: np.ndarray, seed: int
) -> dict[str, dict[str, Estimate | None] | Estimate]:
    values = {
        name: {of: distance(x, truth, region).numpy() for of, distance in DISTANCES.items()}
        for name, x in images.items()
    }
    means = {
        name: {of: known_mean(value, patients, seed=seed) for of, value in row.items()} for name, row in values.items()
    }
    return means | {
        f"l1_to_{name}": ratio_of_means(values["edited"]["l1"], values[name]["l1"], patients, seed=seed)
        for name in images
        if name != "edited"
    }


def change_correlation(counterfactual: Tensor, truth: Tensor, factual: Tensor) -> Tensor:
    """Correlation over pixels of the change made with the true change of each image (N, 1, S, S): (N,), -1 to 1.

    1 is the right change in the right place, of whatever strength; NaN where either is none.
    """
    made, true = ((x - factual).flatten(1) for x in (counterfactual, truth))
    made, true = (x - x.mean(1, keepdim=True) for x in (made, true))
    return (made * true).sum(1) / torch.sqrt(made.square().sum(1) * true.square().sum(1))
