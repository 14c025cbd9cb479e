"""Pictures of the experiments on a prior: filmstrips, and a matrix as a heat map."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from causaray.counterfactual import MARK
from causaray.imagefiles import burn_in
from causaray.writing import whole_file

ENLARGED, TITLE = 2, 16


def write_strips(rows: Sequence[tuple[str, np.ndarray]], path: Path) -> None:
    """A row a film, below its name: frames (F, S, S) in [0, 1], enlarged and each marked SYNTHETIC."""
    sheet = np.concatenate([part for name, frames in rows for part in (_title(name, frames), _row(frames))])
    with whole_file(path) as beside:
        Image.fromarray(sheet).save(beside, format="PNG", optimize=True)


def _row(frames: np.ndarray) -> np.ndarray:
    large = frames.repeat(ENLARGED, 1).repeat(ENLARGED, 2)
    return np.rint(np.concatenate([burn_in(frame, MARK) for frame in large], 1) * 255).astype(np.uint8)


def _title(name: str, frames: np.ndarray) -> np.ndarray:
    strip = Image.new("L", (len(frames) * frames.shape[2] * ENLARGED, TITLE))
    ImageDraw.Draw(strip).text((4, 2), name, fill=255)
    return np.asarray(strip)


def write_matrix(
    panels: Sequence[tuple[str, np.ndarray, np.ndarray]], edits: Sequence[str], readouts: Sequence[str], path: Path
) -> None:
    """A heat map for each (title, mean changes (E, K), found (E, K)); blue falls, red rises, a ring where found."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    size = (0.55 * len(readouts) + 3, len(panels) * (0.45 * len(edits) + 1.0) + 1.4)
    figure, axes = pyplot.subplots(len(panels), 1, figsize=size, squeeze=False, sharex=True)
    for ax, (title, mean, found) in zip(axes[:, 0], panels, strict=True):
        shown = ax.imshow(mean, cmap="RdBu_r", vmin=-0.5, vmax=0.5, aspect="auto")
        for i, j in np.ndindex(mean.shape):
            ax.text(j, i, f"{mean[i, j]:+.2f}", ha="center", va="center", fontsize=7)
        ax.plot(*np.argwhere(found)[:, ::-1].T, "o", ms=26, mfc="none", mec="black")
        ax.set_title(title, fontsize=9)
        ax.set_yticks(range(len(edits)), edits, fontsize=8)
        ax.set_xticks(range(len(readouts)), readouts, rotation=45, ha="right", fontsize=8)
    figure.tight_layout()
    figure.colorbar(shown, ax=axes[:, 0].tolist(), label="mean change of the read-out", shrink=0.8)
    with whole_file(path) as beside:
        figure.savefig(beside, format="png", dpi=110)
    pyplot.close(figure)
