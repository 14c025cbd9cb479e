"""index.html of an evaluation on drawn pairs: what was measured, how to read it, and pairs to look at."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.evaluation.edits.grids import EXTREMES, GAIN, extremes
from causaray.evaluation.images.distances import l1
from causaray.evaluation.measures.truth import truly_changed
from causaray.evaluation.page.document import document
from causaray.evaluation.page.html import Markup, element
from causaray.evaluation.page.page import everything, family, head, measures_of, title_of
from causaray.evaluation.page.pictures import embedded
from causaray.evaluation.page.words import load
from causaray.evaluation.pairs.edits import EditedPairs
from causaray.evaluation.pairs.pairs import ALL
from causaray.imagefiles import burn_in, diverging

MARK = "SYNTHETIC"
LOOK = """\
Film, truth, edit, and what truth and edit change, orange brighter, blue darker, enhanced 1.5 times. Drawn by lot, and
those where the error is the smallest, middling and largest share of the copied input's."""
TITLES = ("Drawn by lot", "Nearest to the truth", "In the middle", "Farthest from it")


def page(report: Mapping[str, Any], sets: Sequence[Sequence[EditedPairs]], seed: int) -> str:
    """The page of a report, the contents of metrics.json; `sets` are the edits, by editor and cohort."""
    words, title = load("pairs.yaml"), title_of(report)
    return document(title, *head(report, words, title), *_cohorts(report, sets, seed))


def _cohorts(report: Mapping[str, Any], sets: Sequence[Sequence[EditedPairs]], seed: int) -> Iterator[Markup]:
    for i, (name, found) in enumerate(report["cohorts"].items()):
        several = [editor[i] for editor in sets]
        said = f"{found['images']} drawn pairs of {found['patients']} patients."
        if found["left_out"]:
            said += f" The editor does not know {', '.join(found['left_out'])}: left out."
        shown = element("section", element("h3", "Pairs to look at"), element("p", LOOK), *_galleries(several, seed))
        sections = load("pairs.yaml").sections.values()
        drawn = [made for one in sections if (made := family(one, measures_of(report, name)))]
        yield element("article", element("h2", name), element("p", said), shown, *drawn, everything(found), id=name)


def _galleries(several: Sequence[EditedPairs], seed: int) -> Iterator[Markup]:
    """For each finding a draw of pairs, and the best, median and worst of the first editor."""
    pairs = several[0].pairs
    shares = share_of_copied(several[0])
    for group, rows in pairs.groups():
        if group != ALL:
            columns = [
                element("div", element("h5", title), *(_strip(several, int(i), shares[i]) for i in chosen))
                for title, chosen in zip(TITLES, chosen_rows(rows, shares, seed), strict=True)
            ]
            yield element(
                "details", element("summary", group), element("div", *columns, class_="ranks"), class_="gallery"
            )


def share_of_copied(edited: EditedPairs) -> np.ndarray:
    """Each pair's error of what was added, over the pixels that truly change, by the copied input's: (n,)."""
    asked = edited.pairs.asked("added")
    where = truly_changed(asked.before, asked.truth)
    return (l1(edited.added, asked.truth, where) / l1(asked.before, asked.truth, where)).numpy()


def chosen_rows(rows: np.ndarray, shares: np.ndarray, seed: int) -> list[np.ndarray]:
    """Of the pairs `rows` some drawn by lot, and those with the smallest, middling and largest shares."""
    lot = np.random.default_rng(seed).permutation(rows)[:EXTREMES]
    order = rows[extremes(-np.nan_to_num(shares[rows]))]
    each = min(EXTREMES, max(1, len(order) // 3))
    return [lot, order[:each], order[each : len(order) - each][:each], order[each:][-each:]]


def _strip(several: Sequence[EditedPairs], i: int, share: float) -> Markup:
    """Film and truth, and each editor's edit with its change, a line an editor."""
    pairs = several[0].pairs
    film, truth = pairs.film[i], pairs.drawn[i]
    pictures = [embedded(film[0].numpy(), "film"), _marked(truth, "truth"), _change(truth, film, "truth less film")]
    for number, one in enumerate(several):
        name = "edit" if number == 0 else "other editor"
        pictures += [element("span", name, class_="label"), _marked(one.added[i], name)]
        pictures += [_change(one.added[i], film, f"{name} less film")]
    said = f"{pairs.requests[i].to_text()}: {share:.2f} of the copied input's error"
    return element("figure", element("div", *pictures, class_="strip three"), element("figcaption", said))


def _marked(image: Tensor, name: str) -> Markup:
    return embedded(burn_in(image[0].numpy(), MARK), name)


def _change(after: Tensor, before: Tensor, name: str) -> Markup:
    change = torch.clamp((after - before) * GAIN, -0.5, 0.5)[0].numpy()
    return embedded(diverging(change, 0.5), name)
