"""Edits to look at: no figure replaces looking."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from causaray.evaluation.edits.edited_cohort import EditedCohort
from causaray.imagefiles import burn_in
from causaray.writing import whole_file

ROWS, EXTREMES, ENLARGED, GAIN = 10, 3, 2, 1.5


def write_grids(edited: EditedCohort, out: Path, seed: int) -> None:
    """Two PNG a finding: a draw of the images by `seed`, and the best, median and worst where the judge has judged."""
    for finding in edited.pairs:
        drawn = np.random.default_rng(seed).permutation(len(edited.rows))[:ROWS]
        _write(grid(edited, finding, drawn), out / grid_name(edited.name, finding))
        if finding in edited.gains:
            _write(grid(edited, finding, extremes(edited.gains[finding])), out / grid_name(edited.name, finding, True))


def grid_name(cohort: str, finding: str, extreme: bool = False) -> str:
    """The name of the file of a grid."""
    return f"{cohort}-{finding.lower().replace(' ', '-')}{'-extremes' * extreme}.png"


def extremes(gain: np.ndarray, each: int = EXTREMES) -> np.ndarray:
    """Rows of the `each` highest, middle and lowest gains (N,), in this order, none twice."""
    order, middle = np.argsort(-gain, kind="stable"), max(0, (len(gain) - each) // 2)
    return np.array(list(dict.fromkeys([*order[:each], *order[middle : middle + each], *order[-each:]])))


def grid(edited: EditedCohort, finding: str, rows: np.ndarray) -> np.ndarray:
    """uint8 (len(rows) * 2S, 10S): factual, reconstructed, removed, added, and the difference of the last two.

    Mid-grey is no difference, brighter is brighter with the finding, enhanced 1.5 times.
    """
    added, removed = edited.pairs[finding]
    lines = [
        torch.cat([edited.factual[i], edited.reconstruction[i], _marked(removed[i]), _marked(added[i]),
                   (added[i] - removed[i]) * GAIN + 0.5], dim=2)
        for i in rows
    ]  # fmt: skip
    sheet = (torch.cat(lines, dim=1)[0].clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    return sheet.repeat(ENLARGED, 0).repeat(ENLARGED, 1)


def _marked(image: Tensor) -> Tensor:
    return torch.from_numpy(burn_in(image[0].numpy(), "SYNTHETIC"))[None]


def _write(sheet: np.ndarray, path: Path) -> None:
    with whole_file(path) as beside:
        Image.fromarray(sheet).save(beside, format="PNG", optimize=True)
