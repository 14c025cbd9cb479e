"""Figures of films, edits and figures with intervals, by matplotlib: for notebooks and papers.

Every function draws on the `axes` it is given, or on a figure of its own, and returns them. Synthetic films are marked
SYNTHETIC in the picture. It needs `pip install "causaray[plot]"`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from causaray.counterfactual import MARK, Counterfactual
from causaray.errors import BadInput
from causaray.extras import need
from causaray.imagefiles import burn_in
from causaray.imagefiles.grid import BRIGHTER, DARKER, SAME
from causaray.place import CHANGED
from causaray.record import flat_signs
from causaray.scan import Scan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

    from causaray.app.explainer import Explanation

    Edited = Counterfactual | Explanation
PANEL = 2.6
"""Inches of a film's side."""


def film(image: Scan | np.ndarray, title: str = "", *, synthetic: bool = False, axes: Axes | None = None) -> Axes:
    """A film, grey, as a viewer shows it: the patient's left is on the right.

    image: a Scan, or pixels (H, W) in [0, 1]; synthetic: whether SYNTHETIC is to stand in it.
    """
    pixels = _pixels(image)
    axes = axes or _axes(PANEL, PANEL * pixels.shape[0] / pixels.shape[1])
    axes.imshow(burn_in(pixels, MARK) if synthetic else pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    return _bare(axes, title)


def difference(edited: Edited, title: str = "difference", *, bar: bool = True, axes: Axes | None = None) -> Axes:
    """What an edit changed, counterfactual minus factual: orange is brighter, blue darker, grey the same.

    bar: whether a colour bar stands beside it. edited: a Counterfactual, or an Explanation.
    """
    change = edited.difference
    limit = max(float(np.abs(change).max()), CHANGED)
    axes = axes or _axes(PANEL * 1.2, PANEL * change.shape[0] / change.shape[1])
    shown = axes.imshow(change, cmap=_diverging(), vmin=-limit, vmax=limit, interpolation="nearest")
    if bar:
        axes.figure.colorbar(shown, ax=axes, shrink=0.8)
    return _bare(axes, title)


def grid(edited: Edited | Sequence[Edited]) -> Figure:
    """Factual, counterfactual and difference side by side, a row for each edit."""
    rows = list(edited) if isinstance(edited, Sequence) else [edited]
    if not rows:
        raise BadInput("There is no edit to be drawn; give one or several.")
    plt = _pyplot()
    figure, places = plt.subplots(
        len(rows), 3, figsize=(3 * PANEL, PANEL * len(rows) + 0.3), squeeze=False, layout="constrained"
    )
    for one, row in zip(rows, places, strict=True):
        film(one.factual, "factual", axes=row[0]).set_ylabel(one.asked, fontsize=8)
        film(one.counterfactual, "counterfactual", synthetic=True, axes=row[1])
        difference(one, bar=False, axes=row[2])
    return figure


def signs(made: Counterfactual, *, axes: Axes | None = None) -> Axes:
    """What was measured before and after an edit: the judge's probabilities of what was asked for, and the signs.

    A line leads from before (hollow) to after (filled). Raises BadInput where nothing was measured.
    """
    told = {name: both for name, both in made.measured.items() if isinstance(both, Mapping)}
    rows = [(f"judge: {name.lower()}", both["before"], both["after"]) for name, both in told.items()]
    rows += flat_signs(made.signs)
    if not rows:
        raise BadInput("Nothing was measured of this edit: no judge knows the finding, and the film cannot be read.")
    axes = axes or _axes(2 * PANEL, 0.5 + 0.24 * len(rows))
    for y, (_, before, after) in enumerate(rows):
        axes.plot([before, after], [y, y], color="0.7", zorder=1)
        axes.scatter([before], [y], facecolor="white", edgecolor=tuple(DARKER), zorder=2)
        axes.scatter([after], [y], color=tuple(BRIGHTER), zorder=2)
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("before (hollow) and after (filled)")
    return axes


def curve(
    x: Sequence[float], figures: Mapping[str, Any] | Sequence[Mapping[str, float]], label: str = "",
    *, axes: Axes | None = None,
) -> Axes:  # fmt: skip
    """Figures over x as a line, their intervals as a band.

    figures: one for each x as metrics.json has them ({"value", "low", "high"}), or the same three as lists, as
    forecast.json has the outcomes of an arm. Raises BadInput unless there is one for each x.
    """
    keys = ("value", "low", "high")
    lists = figures if isinstance(figures, Mapping) else {key: [one[key] for one in figures] for key in keys}
    value, low, high = (np.asarray(lists[key], float) for key in keys)
    if not len(value) == len(low) == len(high) == len(x):
        raise BadInput(f"A curve over {len(x)} points needs as many figures, here are {len(value)}.")
    axes = axes or _axes(1.6 * PANEL, PANEL)
    (line,) = axes.plot(x, value, marker="o", markersize=3, label=label or None)
    axes.fill_between(x, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    if label:
        axes.legend(frameon=False, fontsize=8)
    return axes


def _pixels(image: Scan | np.ndarray) -> np.ndarray:
    return image.pixels if isinstance(image, Scan) else Scan(image).pixels


def _axes(width: float, height: float) -> Axes:
    figure = _pyplot().figure(figsize=(width, height), layout="constrained")
    axes: Axes = figure.add_subplot()
    return axes


def _bare(axes: Axes, title: str) -> Axes:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, fontsize=8)
    return axes


def _diverging() -> Colormap:
    """The colours of `imagefiles.diverging`."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("causaray", [tuple(DARKER), tuple(SAME), tuple(BRIGHTER)])


def _pyplot() -> Any:
    need("matplotlib", "plot")
    import matplotlib.pyplot as plt

    return plt
