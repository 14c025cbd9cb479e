"""Do edited images look like radiographs: kernel and Frechet distance of features, and power over spatial frequency."""

from typing import Any

import numpy as np
from torch import Tensor

from causaray.evaluation.images.spectrum import high_frequency_power, radial_power
from causaray.evaluation.statistics.bootstrap import Estimate, estimate


def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(x.y / d + 1)^3 of features (n, d), (m, d): (n, m), in double precision."""
    return (x.astype(np.float64) @ y.astype(np.float64).T / x.shape[1] + 1) ** 3


def polynomial_mmd(x: np.ndarray, y: np.ndarray) -> float:
    """Kernel inception distance of independent sets (n, d), (m, d): unbiased squared MMD (Binkowski 2018, eq. 4)."""
    n, m, xx, yy = len(x), len(y), kernel(x, x), kernel(y, y)
    within = (xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1))
    return float(within - 2 * kernel(x, y).mean())


def contrast(made: np.ndarray, real: np.ndarray) -> np.ndarray:
    """h(i, j) = k(m_i, m_j) + k(r_i, r_j) - k(m_i, r_j) - k(m_j, r_i): (N, N) (Gretton et al. 2012, lemma 6).

    made (E, N, d) holds E sets whose row i was made from row i of real (N, d); h is their mean.
    """
    across = [kernel(m, real) for m in made]
    return kernel(real, real) + np.mean(
        [kernel(m, m) - a - a.T for m, a in zip(made, across, strict=True)], axis=0
    )  # fmt: skip


class PairedKid:
    """Kernel inception distance of images made from the very images they are compared with.

    The mean of `contrast` over pairs of different patients: unbiased too, while with the others in, every image would
    be near its own source, and a good copy would score better than a second draw of real images.
    """

    def __init__(self, made: np.ndarray, real: np.ndarray, patients: np.ndarray) -> None:
        self.apart = (patients[:, None] != patients).astype(float)
        self.contrast = contrast(made, real) * self.apart

    def __call__(self, rows: np.ndarray) -> float:
        """The distance over rows (row numbers, with repeats); NaN when they are all of one patient."""
        weight = np.bincount(rows, minlength=len(self.apart)).astype(float)
        pairs = weight @ self.apart @ weight
        return float(weight @ self.contrast @ weight / pairs) if pairs else float("nan")


def kid_interval(made: np.ndarray, real: np.ndarray, patients: np.ndarray, seed: int = 0) -> Estimate:
    """KID x 1000 of independent sets, made (n, d) and real (m, d) of patients (m,), with its interval.

    Made images and real patients are drawn together, each with replacement; an image is never compared with itself.
    """
    n, both = len(made), np.concatenate([made, real])
    owner = np.concatenate([[f"made/{i}" for i in range(n)], [f"real/{p}" for p in patients]])
    k, apart = kernel(both, both), owner[:, None] != owner

    def distance(rows: np.ndarray) -> float:
        weight = np.bincount(rows, minlength=len(owner)).astype(float)
        m, r = np.where(np.arange(len(owner)) < n, weight, 0), np.where(np.arange(len(owner)) < n, 0, weight)
        if not (m @ apart @ m and r @ apart @ r):
            return float("nan")
        within = sum(one @ (k * apart) @ one / (one @ apart @ one) for one in (m, r))
        return float(1000 * (within - 2 * (m @ k @ r) / (m.sum() * r.sum())))

    return estimate(distance, owner, 300, seed)


def frechet(x: np.ndarray, y: np.ndarray) -> float | None:
    """Frechet distance of features (n, d), (m, d) as Gaussians; None unless both hold more images than d features."""
    if min(len(x), len(y)) <= x.shape[1]:
        return None
    x_cov, y_cov = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = np.sqrt(np.linalg.eigvals(x_cov @ y_cov).astype(complex)).real.sum()
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(x_cov) + np.trace(y_cov) - 2 * root)


def feature_distances(
    real: np.ndarray, reconstructed: np.ndarray, edited: np.ndarray, patients: np.ndarray, seed: int = 0
) -> dict[str, Any]:
    """KID x 1000 and FID to the real images, of edited (E, N, d) and reconstructed (N, d); row i of each is one image.

    Control: half of the real patients against the other half.
    """
    ours, floor = PairedKid(edited, real, patients), PairedKid(reconstructed[None], real, patients)
    people = np.random.default_rng(seed).permutation(np.unique(patients))
    half = np.isin(patients, people[::2])
    return {
        "kid_x1000": {
            "edited": estimate(lambda rows: 1000 * ours(rows), patients, 500, seed),
            "reconstructed": estimate(lambda rows: 1000 * floor(rows), patients, 500, seed),
        },
        "kid_ratio": estimate(lambda rows: _ratio(ours(rows), floor(rows)), patients, 500, seed),
        "kid_ratio_all_pairs": _ratio(
            float(np.mean([polynomial_mmd(e, real) for e in edited])), polynomial_mmd(reconstructed, real)
        ),
        "kid_x1000_control_real": 1000 * polynomial_mmd(real[half], real[~half]),
        "fid": {"edited": frechet(edited[0], real), "reconstructed": frechet(reconstructed, real)},
    }


def _ratio(a: float, b: float) -> float:
    return a / b if b else float("nan")


def power(real: Tensor, reconstructed: Tensor, edited: Tensor, patients: np.ndarray) -> dict[str, Any]:
    """Power above half the Nyquist frequency, and mean spectra; edited (E, N, 1, S, S), the others (N, 1, S, S)."""
    high = {"real": high_frequency_power(real).numpy(), "reconstructed": high_frequency_power(reconstructed).numpy()}
    high["edited"] = np.mean([high_frequency_power(side).numpy() for side in edited], axis=0)

    def ratio(of: str, to: str) -> Estimate:
        return estimate(lambda rows: _ratio(float(high[of][rows].sum()), float(high[to][rows].sum())), patients)

    return {
        "power_edited_to_reconstructed": ratio("edited", "reconstructed"),
        "power_edited_to_real": ratio("edited", "real"),
        "power_reconstructed_to_real": ratio("reconstructed", "real"),
        "radial_power": {
            "edited": radial_power(edited.flatten(0, 1)),
            "reconstructed": radial_power(reconstructed),
            "real": radial_power(real),
        },
    }
