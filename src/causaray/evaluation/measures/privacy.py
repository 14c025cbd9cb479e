"""Does the editor give its training images away: nearness to them, copies of them, and who was a member?"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.evaluation.statistics.auroc import auroc
from causaray.evaluation.statistics.bootstrap import Estimate, estimate, mean_interval
from causaray.evaluation.statistics.shuffling import shuffled

SIZE, CHUNK = 32, 1024
COPY = 0.01
"""The share of real images that are allowed to look like copies of another patient's."""


def coarse_pixels(images: Tensor) -> np.ndarray:
    """Images (N, 1, H, W) averaged to SIZE x SIZE and flattened: float32 (N, SIZE * SIZE), in the same grey levels."""
    return torch.nn.functional.adaptive_avg_pool2d(images.float(), SIZE).flatten(1).numpy()


def nearest_distance(x: np.ndarray, owners: np.ndarray, gallery: np.ndarray, patients: np.ndarray) -> np.ndarray:
    """Root mean square difference of x (N, d) to the nearest of the gallery (M, d) that is of another patient: (N,).

    owners (N,) and patients (M,) say whose each is; inf where the gallery holds nobody else.
    """
    centre = gallery.mean(0)
    gallery, x = (gallery - centre).astype(np.float32), (x - centre).astype(np.float32)
    length, found = np.square(gallery).sum(1), []
    for start in range(0, len(x), CHUNK):
        part, whose = x[start : start + CHUNK], owners[start : start + CHUNK]
        squared = length - 2 * part @ gallery.T
        squared[whose[:, None] == patients] = np.inf
        nearest = squared.argmin(1)
        gap = np.sqrt(np.square(part - gallery[nearest]).mean(1))
        found.append(np.where(np.isinf(squared.min(1)), np.inf, gap))
    return np.concatenate(found)


def membership(
    members: np.ndarray, member_patients: np.ndarray, others: np.ndarray, other_patients: np.ndarray, seed: int = 0
) -> dict[str, Estimate]:
    """AUROC of telling training images from held-out ones by scores (N,) and (M,), higher for a supposed member.

    The scores may be minus the error of reconstruction (Yeom et al. 2018) or minus the distance to the nearest made
    image (Chen et al., GAN-Leaks, 2020). "auc" of 0.5 is what nobody can learn from; "shuffled" is the same with the
    membership dealt out at random. Held-out images must be of the same cohort, else it is the cohort that is told.
    """
    truth, score = np.repeat([1, 0], [len(members), len(others)]), np.concatenate([members, others])
    patients = np.concatenate([member_patients, other_patients])
    dealt = shuffled(truth, patients, seed)
    return {
        "auc": estimate(lambda rows: auroc(truth[rows], score[rows]), patients, 500, seed),
        "shuffled": estimate(lambda rows: auroc(dealt[rows], score[rows]), patients, 500, seed),
    }


def privacy(
    made: np.ndarray, owners: np.ndarray,
    train: np.ndarray, train_patients: np.ndarray,
    held_out: np.ndarray, held_patients: np.ndarray,
    seed: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """How near made images come to training images, against how near other real images come.

    made (N, d): edited or generated images, as `coarse_pixels` or as features; train (M, d) and held_out (K, d): real
    ones that the editor was trained on, and of the same cohort but not. Beside each, whose they are: the owner of an
    edited image is its source's patient, that of a generated one any name of its own. Only other patients are near.

    Returns: "nearest": median distance to the nearest training image of "made" and "real", and "ratio", made / real: 1
    where no more was learned by heart than any radiograph shows (Meehan et al. 2020, three-sample test). "copies": the
    share of "made" and "real" nearer than "threshold", under which COPY of the training images are to another patient.
    "membership": `membership` by the distance to the nearest made image. A blurred image is nearer to every other: read
    the figures of edits beside those of reconstructions.
    """
    near_made = nearest_distance(made, owners, train, train_patients)
    near_real = nearest_distance(held_out, held_patients, train, train_patients)
    threshold = float(np.quantile(nearest_distance(train, train_patients, train, train_patients), COPY))
    return {
        "nearest": _compare(near_made, owners, near_real, held_patients, seed),
        "copies": {
            "threshold": threshold,
            "made": mean_interval(near_made < threshold, owners, seed=seed),
            "real": mean_interval(near_real < threshold, held_patients, seed=seed),
        },
        "membership": membership(
            -nearest_distance(train, train_patients, made, owners), train_patients,
            -nearest_distance(held_out, held_patients, made, owners), held_patients,
            seed,
        ),
    }  # fmt: skip


def _compare(
    made: np.ndarray, owners: np.ndarray, real: np.ndarray, patients: np.ndarray, seed: int
) -> dict[str, Estimate]:
    """Medians, and their ratio with edits and real images of one patient drawn together."""
    near, whose = np.concatenate([made, real]), np.concatenate([owners, patients])

    def ratio(rows: np.ndarray) -> float:
        ours, theirs = near[rows[rows < len(made)]], near[rows[rows >= len(made)]]
        return float(np.median(ours) / np.median(theirs)) if len(ours) and len(theirs) else float("nan")

    return {
        "made": estimate(lambda rows: float(np.median(made[rows])), owners, 500, seed),
        "real": estimate(lambda rows: float(np.median(real[rows])), patients, 500, seed),
        "ratio": estimate(ratio, whose, 500, seed),
    }
