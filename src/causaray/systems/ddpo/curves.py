"""The curves of a reinforcement, written while it runs: curves.json, and curves.png to look at."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from causaray.writing import make_folder, whole_file, without_nan

Row = Mapping[str, Any]
"""An epoch: "epoch", what was learned ("reward" and so on), and "look" where it was looked at before."""
PANELS = {
    "reward of the samples": ("reward",),
    "all words as asked": ("proxy", "apr"),
    "KID x 1000": ("kid_x1000",),
    "diversity (1 - MS-SSIM)": ("diversity",),
}
NAMES = {"proxy": "by the reward (proxy)", "apr": "by the judge (APR)"}


def write_curves(history: Sequence[Row], out: Path) -> None:
    """Both files in the folder `out`, anew; the picture where the last epoch was looked at."""
    make_folder(out)
    with whole_file(out / "curves.json") as beside:
        beside.write_text(json.dumps(without_nan(list(history)), indent=1) + "\n", encoding="utf-8")
    if "look" in history[-1]:
        with whole_file(out / "curves.png") as beside:
            draw_curves({"": history}, beside)


def points(history: Sequence[Row], key: str) -> tuple[list[int], list[float]]:
    """Epochs and values of a figure: of the epochs themselves, or of the looks before them."""
    found = [(row["epoch"], row.get("look", {}).get(key, row.get(key))) for row in history]
    known = [(epoch, value) for epoch, value in found if value is not None]
    return [epoch for epoch, _ in known], [value for _, value in known]


def draw_curves(runs: Mapping[str, Sequence[Row]], path: Path) -> None:
    """A panel for each of PANELS, a colour for each run (name -> history), as PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(PANELS), figsize=(4 * len(PANELS), 3.2))
    for ax, (title, keys) in zip(axes, PANELS.items(), strict=True):
        for i, (name, history) in enumerate(runs.items()):
            for key, style in zip(keys, ("-", "--"), strict=False):
                label = ", ".join(filter(None, (name, NAMES.get(key, ""))))
                ax.plot(*points(history, key), style, color=f"C{i}", marker=".", label=label or None)
        ax.set_title(title, fontsize=10)
        ax.set_xlabel("epoch")
        if ax.get_legend_handles_labels()[1]:
            ax.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, format="png", dpi=80)
    pyplot.close(figure)
