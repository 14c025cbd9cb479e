"""Edits in the page itself, as JPEG in data URIs: best, median and worst of each finding."""

import base64
import io
from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np
from PIL import Image
from torch import Tensor

from causaray.editors.protocol import ATTENTION
from causaray.evaluation.edits.edited_cohort import EditedCohort
from causaray.evaluation.edits.grids import EXTREMES, GAIN, extremes
from causaray.evaluation.page.html import Markup, element
from causaray.imagefiles import burn_in, diverging

QUALITY = 88
LAYER = "layer {}".format
RANKS = ("Changed most", "In the middle", "Changed least")


def galleries(edited: EditedCohort, other: EditedCohort | None) -> Iterator[Markup]:
    """For each finding the images where the judge changed most, middling and least; the other editor's edits beside."""
    for i, finding in enumerate(edited.gains):
        columns = [
            element("div", element("h5", rank), *(_strip(edited, other, finding, row) for row in rows))
            for rank, rows in zip(RANKS, _ranked(edited.gains[finding]), strict=True)
        ]
        yield element(
            "details",
            element("summary", finding),
            element("div", *columns, class_="ranks"),
            class_="gallery",
            open=i == 0,
        )


def attention(edited: EditedCohort) -> Markup | None:
    """What the interaction transformer looks at in the first images, layer by layer; None where it has none."""
    lines = [
        element(
            "figure",
            element("div", _picture(image, "factual"), *map(embedded, pictures, map(LAYER, count(1))), class_="layers"),
            element("figcaption", title),
        )
        for image, layers in zip(edited.factual, edited.attention, strict=False)
        for title, pictures in zip(ATTENTION, zip(*layers, strict=True), strict=False)
    ]
    if not lines:
        return None
    return element("details", element("summary", "What the interaction transformer looks at"), *lines, class_="gallery")


def _ranked(gain: np.ndarray) -> list[np.ndarray]:
    chosen = extremes(gain)
    each = min(EXTREMES, len(chosen) // 3)
    return [chosen[:each], chosen[each : len(chosen) - each][:each], chosen[len(chosen) - each :]]


def _strip(edited: EditedCohort, other: EditedCohort | None, finding: str, row: int) -> Markup:
    """An image and its edits; below them, those of the other editor."""
    gain = edited.gains[finding][row]
    pictures = [_picture(edited.factual[row], "factual"), *_pair(edited, finding, row)]
    said = [f"judge, added − removed: {gain:+.2f}".replace("-", "−")]  # noqa: RUF001
    if other is not None:
        pictures += [element("span", "other editor", class_="label"), *_pair(other, finding, row)]
        said.append(f"other editor {other.gains[finding][row]:+.2f}".replace("-", "−"))  # noqa: RUF001
    return element("figure", element("div", *pictures, class_="strip"), element("figcaption", "; ".join(said)))


def _pair(edited: EditedCohort, finding: str, row: int) -> Sequence[Markup]:
    added, removed = (side[row] for side in edited.pairs[finding])
    change = ((added - removed) * GAIN)[0].numpy().clip(-0.5, 0.5)
    return [
        _picture(removed, "removed", "SYNTHETIC"), _picture(added, "added", "SYNTHETIC"),
        embedded(diverging(change, 0.5), "difference"),
    ]  # fmt: skip


def _picture(image: Tensor, name: str, stamp: str = "") -> Markup:
    grey = image[0].numpy()
    return embedded(burn_in(grey, stamp) if stamp else grey, name)


def embedded(pixels: np.ndarray, name: str) -> Markup:
    """An image (H, W) or (H, W, 3) in [0, 1] within the page, with its name."""
    file = io.BytesIO()
    Image.fromarray(np.rint(pixels.clip(0, 1) * 255).astype(np.uint8)).save(file, format="JPEG", quality=QUALITY)
    data = base64.b64encode(file.getvalue()).decode()
    return element("span", element("img", src=f"data:image/jpeg;base64,{data}", alt=name), element("i", name))
