"""Are made images among the real ones, and the real ones among them: precision, recall, density, coverage."""

from collections.abc import Mapping

import numpy as np

from causaray.evaluation.statistics.bootstrap import Estimate, mean_interval

NEAREST = 5
"""Neighbours that a point's ball reaches to, as Naeem et al. set it."""


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Euclidean distance of each of features (n, d) to each of (m, d): (n, m)."""
    from scipy.spatial.distance import cdist

    return cdist(x, y)


def radii(x: np.ndarray, nearest: int = NEAREST) -> np.ndarray:
    """Distance of each of features (n, d) to its k-th nearest other one: (n,), k at most n - 1."""
    return np.sort(distances(x, x), axis=1)[:, min(nearest, len(x) - 1)]


def neighbours(real: np.ndarray, made: np.ndarray, nearest: int = NEAREST) -> dict[str, np.ndarray]:
    """Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020), image by image.

    The ball of an image reaches to its k-th nearest neighbour of its own kind. Of features made (m, d): "precision",
    whether it lies in the ball of any real one, and "density", in how many, over k. Of real (n, d): "recall", whether
    it lies in the ball of any made one, and "coverage", whether any made one lies in its ball. Their means are the
    published figures; precision and recall trust outliers, density and coverage do not. Independent sets of one
    distribution have density about 1 and coverage about 1 - 2^-k; density may exceed 1.
    """
    apart, real_radius, made_radius = distances(real, made), radii(real, nearest), radii(made, nearest)
    inside = apart < real_radius[:, None]
    return {
        "precision": inside.any(0),
        "density": inside.sum(0) / min(nearest, len(real) - 1),
        "recall": (apart < made_radius).any(1),
        "coverage": inside.any(1),
    }


def neighbourhood(
    real: np.ndarray, made: Mapping[str, np.ndarray], patients: np.ndarray, seed: int = 0
) -> dict[str, dict[str, Estimate]]:
    """Means of `neighbours` of each set of features `made` (N, d), its row i made from image i of real (N, d).

    What was made from half of the patients is compared with the real images of the other half, so that no image is
    found beside its own source. Control, added as "real": the real images of the one half in place of the made ones.
    Intervals by patient with the compared sets as they are: drawing images twice would shrink every ball.
    """
    people = np.random.default_rng(seed).permutation(np.unique(patients))
    half = np.isin(patients, people[::2])
    whose = {"precision": half, "density": half, "recall": ~half, "coverage": ~half}
    return {
        kind: {
            name: mean_interval(values, patients[whose[name]], seed=seed)
            for name, values in neighbours(real[~half], features[half]).items()
        }
        for kind, features in {**made, "real": real}.items()
    }
