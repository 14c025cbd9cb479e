"""Pairs to learn from in the phantom world: the same phantom without and with a finding, which the world knows."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from causaray.anatomy.reader import AnatomyReader
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import Setting
from causaray.cohorts.phantom.cohort import NAME, phantoms
from causaray.cohorts.phantom.lesion_maps import lesion_maps
from causaray.cohorts.phantom.model import PLACED, UNSIDED, slug
from causaray.cohorts.phantom.shown import word_of_height
from causaray.cohorts.phantom.world import Phantoms
from causaray.systems.causal_disentanglement.editor import area
from causaray.systems.causal_disentanglement.request_rows import label_row
from causaray.systems.causal_disentanglement.training.drawn_pairs import BOTH, PLACE_SAID, key
from causaray.systems.causal_disentanglement.training.pairs import Pair
from causaray.vocabulary import DEVICE, NORMAL

LEAST = 0.12
"""The least severity of the world."""
_BATCH = 32


def is_phantom(cohort: Cohort) -> bool:
    """Whether all rows are phantoms."""
    return bool((cohort.table["cohort"] == NAME).all())


def phantom_pairs(
    cohort: Cohort, names: Sequence[str], findings: Sequence[str], count: int, seed: int
) -> Iterator[Pair]:
    """Pairs of the phantoms of a cohort, one finding each, all findings alike: again and again, with other severities.

    Both films are true counterfactuals of the phantom, what follows from the finding in the world included. The same
    seed gives the same pairs.
    """
    reader = AnatomyReader.load()
    parts = [(part.rows(some)) for _, part in phantoms(cohort) for some in _some(len(part), seed)]
    for i in range(-(-count // _BATCH)):
        rng = np.random.default_rng((seed, 2, i))
        yield from _pairs(parts[i % len(parts)], findings[i % len(findings)], names, reader, rng)


def _some(n: int, seed: int) -> list[np.ndarray]:
    order = np.random.default_rng((seed, 1)).permutation(n)
    return [order[start : start + _BATCH] for start in range(0, n, _BATCH)]


def _pairs(
    part: Phantoms, name: str, names: Sequence[str], reader: AnatomyReader, rng: np.random.Generator
) -> Iterator[Pair]:
    """One pair of each phantom of a part, all of one finding."""
    severities, heights = _severities(name, len(part), rng), rng.uniform(0, 1, len(part))
    placed = name in PLACED
    setting = Setting(severities, "bilateral", heights if placed else None)
    without, shown = part.world.counterfactual(part, {name: None}), part.world.counterfactual(part, {name: setting})
    before, after = (_labels(one, names) for one in (without, shown))
    films, drawn, shares = without.images, shown.images, lesion_maps(shown, without, name)
    places = _coordinates(reader, films, drawn)
    for i in range(len(part)):
        place = word_of_height(heights[i]) if placed and rng.random() < PLACE_SAID else None
        asked = label_row(names, {name: (severities[i, 0], severities[i, 1])}, place)
        rows = {
            "asked": asked,
            "before": with_normal(before[i], names), "after": with_normal(after[i], names),
            "shown": _shown(names.index(name), before[i], after[i]), "key": key(names.index(name), severities[i]),
            "severity": np.array(severities[i].max(), np.float32),
        }  # fmt: skip
        yield Pair(films[i, 0], drawn[i, 0], shares[i, 0], rows, places[i])


@torch.no_grad()
def _coordinates(reader: AnatomyReader, films: Tensor, drawn: Tensor) -> Tensor:
    """The coordinates (n, 2, 10, S, S) of both films (n, 1, S, S) of phantoms, as they are read, not as they are."""
    side = films.shape[-1]
    with torch.autocast("cpu", torch.bfloat16):
        return torch.stack([area(reader.read(part).place.sheets(), side) for part in (films, drawn)], 1)


def _severities(name: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Severity right and left (n, 2), each patient's by lot, 0 on a side that is spared."""
    severity = np.ones(n) if name == DEVICE else rng.uniform(LEAST, 1, n)
    sides = np.eye(2)[rng.integers(2, size=n)]
    sides[(rng.random(n) < BOTH) | (name in UNSIDED)] = 1.0
    return severity[:, None] * sides


def _labels(part: Phantoms, names: Sequence[str]) -> np.ndarray:
    """(n, len(names)): 1 present, 0 absent."""
    shown = [part.values[slug(name)].max(1) > 0 if name != NORMAL else np.zeros(len(part)) for name in names]
    return np.stack(shown, 1).astype(np.float32)


def with_normal(labels: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Labels (n,) in which "No Finding" is said of a phantom that shows nothing but devices."""
    said = labels.copy()
    ill = [i for i, name in enumerate(names) if name not in (NORMAL, DEVICE)]
    if NORMAL in names:
        said[list(names).index(NORMAL)] = float(not labels[ill].any())
    return said


def _shown(column: int, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """1 for the finding, 0 for those that neither film shows, NaN for others: the world tells no share of these."""
    shown = np.where((before == 0) & (after == 0), 0.0, np.nan).astype(np.float32)
    shown[column] = 1.0
    return shown
