"""Is the edited image still this patient's? Nearest real image by features that no training used."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from causaray.evaluation.statistics.auroc import auroc
from causaray.evaluation.statistics.bootstrap import Estimate, known_mean, mean_interval


def cosines(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cosine of each of features (n, d) to each of (m, d): (n, m)."""
    one, other = (v / np.linalg.norm(v, axis=1, keepdims=True).clip(1e-12) for v in (x, y))
    return one @ other.T


def nearest(features: np.ndarray, gallery: np.ndarray, left_out: np.ndarray | None = None) -> np.ndarray:
    """Index of the gallery image (M, d) of highest cosine with each of features (N, d): (N,).

    `left_out` (N,) is a gallery image that must not be the answer, for each.
    """

    cosine = cosines(features, gallery)
    if left_out is not None:
        cosine[np.arange(len(cosine)), left_out] = -np.inf
    return cosine.argmax(1)


def own_patient(
    features: np.ndarray,
    gallery: np.ndarray,
    owners: np.ndarray,
    patients: np.ndarray,
    left_out: np.ndarray | None = None,
) -> np.ndarray:
    """Whether the nearest gallery image is of the own patient: bool (N,); `owners` (N,), `patients` (M,) name them."""
    return patients[nearest(features, gallery, left_out)] == owners


def identity(
    real: np.ndarray, reconstructed: np.ndarray, edited: np.ndarray, patients: np.ndarray, seed: int = 0
) -> dict[str, Any]:
    """Top-1 re-identification among the real images, by features: real and reconstructed (N, d), edited (E, N, d).

    Row i of each is of the same image, of patients[i]. "edited" and "reconstructed" may find their own source image;
    under "source_left_out" only another image of the patient counts, which is asked of patients with several
    and is as hard as telling two visits: the real images beside it say how hard. Control: patients shuffled.
    """
    own = np.arange(len(real))
    owner, source = np.tile(patients, len(edited)), np.tile(own, len(edited))
    made = edited.reshape(-1, edited.shape[-1])
    strangers = np.random.default_rng(seed).permutation(patients)
    return {
        "gallery": len(real),
        "edited": mean_interval(own_patient(made, real, owner, patients), owner),
        "reconstructed": mean_interval(own_patient(reconstructed, real, patients, patients), patients),
        "source_left_out": {
            "edited": _elsewhere(made, real, source, patients),
            "reconstructed": _elsewhere(reconstructed, real, own, patients),
            "real": _elsewhere(real, real, own, patients),
        },
        "control_shuffled": float(own_patient(made, real, owner, strangers).mean()),
    }


def _elsewhere(
    features: np.ndarray, gallery: np.ndarray, source: np.ndarray, patients: np.ndarray
) -> dict[str, float] | None:
    """As `own_patient` with the source left out, of patients with several images; None when there are none."""
    several = np.isin(patients[source], [p for p in np.unique(patients) if (patients == p).sum() > 1])
    if not several.any():
        return None
    owners, left_out = patients[source[several]], source[several]
    return mean_interval(own_patient(features[several], gallery, owners, patients, left_out), owners)


def similarity(
    real: np.ndarray, made: Mapping[str, np.ndarray], patients: np.ndarray, seed: int = 0
) -> dict[str, dict[str, Estimate | None]]:
    """Cosine re-identification by features: each set `made` (N, d) of the images real (N, d), row by row.

    Of each kind "own", mean cosine to the own source image; "strangers", to the images of all other patients, without
    which the first says nothing; and "verified", the share of (own, stranger) pairs in the right order, the area under
    the ROC curve image by image. Control, added as "another_visit": the source itself in place of what was made,
    against the other images of the same patient, where there are any; another patient's image has 0.5 on average.
    """
    apart = patients[:, None] != patients
    own = np.eye(len(patients), dtype=bool)
    kinds = {kind: _verified(cosines(x, real), own, apart) for kind, x in made.items()}
    kinds["another_visit"] = _verified(cosines(real, real), ~apart & ~own, apart)
    return {
        kind: {name: known_mean(value, patients, seed=seed) for name, value in found.items()}
        for kind, found in kinds.items()
    }


def _verified(cosine: np.ndarray, own: np.ndarray, apart: np.ndarray) -> dict[str, np.ndarray]:
    """By row, NaN where it has none of its own, or no stranger, in the columns (N, N)."""
    with np.errstate(invalid="ignore"):
        mean_own, mean_apart = ((cosine * which).sum(1) / which.sum(1) for which in (own, apart))
    verified = [
        auroc(mine[both], c[both]) for c, mine, both in zip(cosine, own, own | apart, strict=True)
    ]  # fmt: skip
    return {"own": mean_own, "strangers": mean_apart, "verified": np.array(verified)}
