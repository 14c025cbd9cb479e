"""A table as JSON, Markdown and a picture."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from causaray.systems.causal_disentanglement.experiments.ablation import WITH_GROUPS, Figures
from causaray.writing import make_folder, whole_file

Table = Mapping[str, Mapping[str, Any]]
ACROSS = 5
"""Panels side by side in a picture."""


def write_table(name: str, about: Mapping[str, Any], rows: Table, figures: Figures, out: Path) -> None:
    """Write <name>.json, <name>.md and <name>.png to `out`."""
    make_folder(out)
    with whole_file(out / f"{name}.json") as beside:
        beside.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    with whole_file(out / f"{name}.md") as beside:
        beside.write_text(markdown(name, about, rows, figures), encoding="utf-8")
    with whole_file(out / f"{name}.png") as beside:
        plot(rows, figures, beside)


def markdown(name: str, about: Mapping[str, Any], rows: Table, figures: Figures) -> str:
    """The page: what was run, then a line a row with mean and deviation over the seeds."""
    shown = known_of(rows, figures)
    lines = [
        f"# {name}",
        "",
        f"Made by `{about['command']}`.",
        "",
        f"Recipe {about['recipe']}, cohorts {about['cohorts']}, judge {about['judge']}, {_seeds(about['seeds'])}, "
        f"{_images(about['limit'])} of split test. Mean and deviation over the seeds. Not the paper's data, nor "
        "its scale: open data, small models, the same comparison.",
        "",
        "| | " + " | ".join(figures[key][0] for key in shown) + " |",
        "|---" * (len(shown) + 1) + "|",
    ]
    lines += [f"| {row} | " + " | ".join(_cell(found[key]) for key in shown) + " |" for row, found in rows.items()]
    if any(row.endswith(WITH_GROUPS) for row in rows):
        lines += [
            "",
            'What is named "as it ships" was not trained here: it learned from other patients, and from pairs.',
        ]
    return "\n".join([*lines, "", f"![{name}]({name}.png)", ""])


def _images(most: int | None) -> str:
    return "all images" if most is None else f"at most {most} images"


def _seeds(n: int) -> str:
    return "1 seed" if n == 1 else f"{n} seeds"


def known_of(rows: Table, figures: Figures) -> list[str]:
    """The figures that some row has."""
    return [key for key in figures if any(row[key]["mean"] is not None for row in rows.values())]


def _cell(figure: Mapping[str, Any]) -> str:
    if figure["mean"] is None:
        return "-"
    return f"{figure['mean']:.3f}" + ("" if figure["deviation"] is None else f" ± {figure['deviation']:.3f}")


def plot(rows: Table, figures: Figures, path: Path) -> None:
    """A panel a figure: the mean of each row as a bar across, the seeds as dots. Axes do not begin at 0."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown, names = known_of(rows, figures), list(rows)
    across = min(ACROSS, len(shown))
    down = -(-len(shown) // across)
    size = (2.4 * across + 1.6, down * (0.32 * len(rows) + 1.0))
    figure, axes = pyplot.subplots(down, across, figsize=size, sharey=True, squeeze=False)
    for ax, key in zip(axes.flat, shown, strict=False):
        known = [(i, rows[name][key]) for i, name in enumerate(names) if rows[name][key]["mean"] is not None]
        ax.plot([one["mean"] for _, one in known], [i for i, _ in known], "|", color="#7da7c9", ms=16, mew=4)
        dots = [(value, i) for i, one in known for value in one["values"] if value is not None]
        ax.plot(*zip(*dots, strict=True), ".", color="#1f3a52")
        ax.set_title(figures[key][0].replace(", ", ",\n").replace(": ", ":\n"), fontsize=8)
        ax.tick_params(labelsize=8)
        ax.margins(x=0.2, y=0.15)
        ax.grid(axis="y", color="#e4e4e4")
    for ax in axes.flat[len(shown) :]:
        ax.axis("off")
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].invert_yaxis()
    figure.tight_layout()
    figure.savefig(path, format="png", dpi=110)
    pyplot.close(figure)
