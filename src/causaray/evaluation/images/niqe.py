"""Naturalness without a reference: NIQE, its pristine model fitted on real radiographs (Mittal et al. 2013)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from causaray.evaluation.images.distances import GREY_LEVELS
from causaray.evaluation.statistics.bootstrap import Estimate, mean_interval

PATCH, PATCHES = 96, 4
"""Side of a patch in pixels as in the paper; smaller in images that would not hold 4 x 4 of them."""
SHARP = 0.75
"""Patches whose mean local deviation is above this share of the sharpest one's model what pristine is."""
FLAT = 1e-3
"""Coefficients below this are what rounding leaves of flat areas: taken for 0, their signs would be counted."""
SIGMA = 7 / 6
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))


@dataclass(frozen=True)
class Pristine:
    """The multivariate Gaussian of patch features of real images: mean (36,) and covariance (36, 36)."""

    mean: np.ndarray
    covariance: np.ndarray


@cache
def _shapes() -> tuple[np.ndarray, np.ndarray]:
    """Shapes 0.2 to 10 of a generalised Gaussian, and (E|x|)^2 / E x^2 of each, which rises with the shape."""
    from scipy.special import gammaln

    shape = np.arange(0.2, 10.001, 0.001)
    return shape, np.exp(2 * gammaln(2 / shape) - gammaln(1 / shape) - gammaln(3 / shape))


def asymmetric_gaussian(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shape, left and right scale (...,) of the asymmetric generalised Gaussian fitted to x (..., n) by its moments.

    Lasmar, Stitou & Berthoumieu 2009; the density falls as exp(-(|x| / scale)^shape) on either side of zero. A side
    without values has scale 0.
    """
    from scipy.special import gamma

    square = np.square(x)
    left, right = (
        np.sqrt((square * side).sum(-1) / side.sum(-1).clip(1)) for side in (x < 0, x > 0)
    )  # fmt: skip
    skew = left / right.clip(1e-12)
    ratio = np.abs(x).mean(-1) ** 2 / square.mean(-1).clip(1e-12)
    ratio = ratio * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shape, ratios = _shapes()
    alpha = np.interp(ratio, ratios, shape)
    to_scale = np.sqrt(gamma(1 / alpha) / gamma(3 / alpha))
    return alpha, left * to_scale, right * to_scale


def normalised(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean-subtracted, contrast-normalised coefficients of grey levels x (B, 1, H, W), and local deviation, alike."""
    axis = torch.arange(-3, 4, dtype=x.dtype)
    kernel = torch.exp(-axis.square() / (2 * SIGMA**2))
    window = (kernel[:, None] * kernel / kernel.sum() ** 2)[None, None]

    def local(y: Tensor) -> Tensor:
        return torch.nn.functional.conv2d(torch.nn.functional.pad(y, (3, 3, 3, 3), mode="replicate"), window)

    mean = local(x)
    deviation = (local(x.square()) - mean.square()).clamp(min=0).sqrt()
    coefficients = (x - mean) / (deviation + 1)
    return torch.where(coefficients.abs() < FLAT, 0.0, coefficients), deviation


def patches(x: Tensor, side: int) -> np.ndarray:
    """x (B, 1, H, W) cut into patches, what is left over at the right and below dropped: (B, P, side * side)."""
    return x[:, 0].unfold(1, side, side).unfold(2, side, side).flatten(3).flatten(1, 2).double().numpy()


def patch_features(x: Tensor, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The 18 features of each patch of grey levels x (B, 1, H, W), (B, P, 18), and its mean local deviation (B, P)."""
    from scipy.special import gamma

    coefficients, deviation = normalised(x)
    alpha, left, right = asymmetric_gaussian(patches(coefficients, side))
    found = [alpha, (left + right) / 2]
    for shift in NEIGHBOURS:
        alpha, left, right = asymmetric_gaussian(patches(coefficients * coefficients.roll(shift, (2, 3)), side))
        found += [alpha, (right - left) * gamma(2 / alpha) / gamma(1 / alpha), left, right]
    return np.stack(found, axis=-1), patches(deviation, side).mean(-1)


def features(images: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Features at full and half size of each patch of images (N, 1, S, S) in [0, 1], (N, P, 36); deviations (N, P).

    Images are rounded to grey levels first, so that those that were never on disk have no finer steps than the real.
    """
    side = min(PATCH, images.shape[-1] // PATCHES // 2 * 2)
    found, sharpness = [], []
    for part in images.split(64):
        grey = (part * GREY_LEVELS).round()
        half = torch.nn.functional.interpolate(grey, scale_factor=0.5, mode="bicubic", antialias=True)
        whole, deviation = patch_features(grey, side)
        found.append(np.concatenate([whole, patch_features(half, side // 2)[0]], axis=-1))
        sharpness.append(deviation)
    return np.concatenate(found), np.concatenate(sharpness)


def fit_pristine(images: Tensor) -> Pristine:
    """The pristine model of real images (N, 1, S, S), from the sharp patches of each. It stands for their kind only."""
    return _fit(*features(images))


def niqe(images: Tensor, pristine: Pristine) -> np.ndarray:
    """NIQE of each of images (N, 1, S, S) in [0, 1] against a pristine model of the same size: (N,), 0 and up.

    sqrt((m1 - m2)' ((C1 + C2) / 2)^+ (m1 - m2)) of the model's mean and covariance and those of the image's patches
    (Mittal, Soundararajan & Bovik 2013, eq. 10). Comparable only under one model: not with figures on photographs.
    """
    return _distance(features(images)[0], pristine)


def naturalness(real: Tensor, made: Mapping[str, Tensor], patients: np.ndarray, seed: int = 0) -> dict[str, Estimate]:
    """Mean NIQE of each set of images `made` (N, 1, S, S), its row i made from image i of real, and of "real" itself.

    Two models are fitted on the real images of half of the patients each, and every image is measured by the one that
    its own patient had no part in.
    """
    people = np.random.default_rng(seed).permutation(np.unique(patients))
    half = np.isin(patients, people[::2])
    reference = features(real)
    models = [_fit(*(part[side] for part in reference)) for side in (~half, half)]

    def figure(found: np.ndarray) -> Estimate:
        return mean_interval(np.where(half, *(_distance(found, model) for model in models)), patients, seed=seed)

    return {kind: figure(features(x)[0]) for kind, x in made.items()} | {"real": figure(reference[0])}


def _fit(found: np.ndarray, sharpness: np.ndarray) -> Pristine:
    sharp = found[sharpness > SHARP * sharpness.max(1, keepdims=True)]
    return Pristine(sharp.mean(0), np.cov(sharp, rowvar=False))


def _distance(found: np.ndarray, pristine: Pristine) -> np.ndarray:
    off = found - found.mean(1, keepdims=True)
    covariance = np.einsum("npi,npj->nij", off, off) / (found.shape[1] - 1)
    precision = np.linalg.pinv((covariance + pristine.covariance) / 2, hermitian=True)
    away = found.mean(1) - pristine.mean
    return np.sqrt(np.einsum("ni,nij,nj->n", away, precision, away).clip(0))
