"""How like real radiographs phantoms are, in grey levels, spectrum and features.

`python -m causaray.evaluation.phantom_realism` measures it.

A phantom need not pass for a patient, so nothing here is asked to be small. Each distance stands between two controls:
other real patients, and the same real images mirrored, hearts on the right.
"""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from scipy.stats import wasserstein_distance
from torch import Tensor

from causaray import __version__
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import World
from causaray.evaluation.images.features import Extract, chest_encoder, features, inception
from causaray.evaluation.images.spectrum import ring_power
from causaray.evaluation.measures.realism import frechet, polynomial_mmd
from causaray.writing import make_folder, whole_file

RINGS = 16
BINS = 256
FEW = 128
"""Images of each set that Inception sees, which takes longest by far."""
Sets = dict[str, Tensor]
"""What is compared with the first of them: name -> images (N, 1, S, S) in [0, 1]."""


def histogram(images: Tensor) -> np.ndarray:
    """Shares (BINS,) of the pixels in equal steps of grey from 0 to 1."""
    return np.histogram(images.numpy(), BINS, (0, 1))[0] / images.numel()


def grey_distance(one: Tensor, other: Tensor) -> float:
    """Wasserstein-1 distance of the grey levels of all pixels: the grey a pixel must change by on average, of 1."""
    middles = (np.arange(BINS) + 0.5) / BINS
    return float(wasserstein_distance(middles, middles, histogram(one), histogram(other)))


def spectral_difference(one: Tensor, other: Tensor, rings: int = RINGS) -> np.ndarray:
    """Mean power of `one` over that of `other` in decibel (rings,), by radial frequency from 0 to Nyquist."""
    return (10 * (ring_power(one, rings).mean(0) / ring_power(other, rings).mean(0)).log10()).numpy()


def feature_distances(extract: Extract, sets: Sets) -> dict[str, tuple[float | None, float]]:
    """Frechet distance (None with fewer images than features) and KID x 1000 of each set to the first."""
    found = {name: features(extract, images) for name, images in sets.items()}
    first, *rest = found
    return {
        name: (frechet(found[name], found[first]), 1000 * polynomial_mmd(found[name], found[first])) for name in rest
    }


def halves(cohort: Cohort, seed: int) -> tuple[Tensor, Tensor]:
    """The images of a cohort in two sets (n, 1, S, S) of equal size that share no patient."""
    patients = cohort.table["patient"].to_numpy()
    first = np.isin(patients, np.random.default_rng(seed).permutation(np.unique(patients))[::2])
    n = min(first.sum(), (~first).sum())
    one, other = (torch.from_numpy(cohort.images(np.flatnonzero(side)[:n])) for side in (first, ~first))
    return one, other


def results(sets: Sets, command: str, seed: int) -> str:
    """The page: each set against the first."""
    first, *rest = sets
    real, made = sets[first], sets[rest[0]]
    apart = {name: spectral_difference(sets[name], real) for name in rest}
    seen = {
        "chest encoder": feature_distances(chest_encoder(Judge.load()), sets),
        "Inception": feature_distances(inception(), {name: images[:FEW] for name, images in sets.items()}),
    }
    rows = [
        [name, f"{grey_distance(sets[name], real):.3f}", f"{np.sqrt((apart[name] ** 2).mean()):.2f}"]
        + [_number(value) for found in seen.values() for value in found[name]]
        for name in rest
    ]
    heads = ["", "grey levels", "spectrum, dB"] + [f"{m}, {net}" for net in seen for m in ("Frechet", "KID x 1000")]
    bands = [[f"{i / RINGS / 2:.3f}", f"{apart[rest[0]][i]:+.1f}", f"{apart[rest[1]][i]:+.1f}"] for i in range(RINGS)]
    return f"""# Phantoms beside real radiographs

Made by `{command}`.

Causaray {__version__}, seed {seed}, {len(made)} images of {made.shape[-1]} x {made.shape[-1]} pixels a set.
[What they look like](../../phantom.png).

Distance of each set to one half of the real patients. Grey levels: Wasserstein-1 distance of all pixels, black being 0
and white 1. Spectrum: root mean square over {RINGS} rings of frequency. Frechet and kernel distance of the features of
two nets, Inception seeing {FEW} images of each set; a Frechet distance needs more images than features, else it is left
out. Controls: the other real patients, and the same real images mirrored.

{_table(heads, rows)}

Power over that of the real images, dB, by frequency in cycles a pixel (lower edge of the ring):

{_table(["frequency", *rest[:2]], bands)}
"""


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *rows])


def main(
    cohort: Annotated[Path, typer.Argument(help="Real radiographs: a folder written by `prepare`.")],
    out: Annotated[Path, typer.Option(help="Folder for results.md.")] = Path("docs/results/phantom"),
    limit: Annotated[int, typer.Option(min=8, help="At most so many images a set.")] = 600,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Compare phantoms with real radiographs and write results.md."""
    real, others = (half[:limit] for half in halves(Cohort.open(cohort), seed))
    phantoms = World(size=real.shape[-1]).sample(len(real), seed).images
    sets = {"real": real, "phantoms": phantoms, "other real patients": others, "real, mirrored": real.flip(3)}
    make_folder(out)
    command = shlex.join(["python", "-m", "causaray.evaluation.phantom_realism", *sys.argv[1:]])
    with whole_file(out / "results.md") as beside:
        beside.write_text(results(sets, command, seed), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
