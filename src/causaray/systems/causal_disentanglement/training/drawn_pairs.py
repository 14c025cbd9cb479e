"""Pairs to learn from: findings drawn on the films of training cohorts, by severity, side and place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from causaray.anatomy.devices import DEVICES
from causaray.anatomy.drawing import Lesion
from causaray.anatomy.editor import DrawnEditor
from causaray.anatomy.requests import PATCHES, ROUND
from causaray.anatomy.requests import UNSIDED as WITHOUT_SIDE
from causaray.cohorts import Cohort
from causaray.cohorts.trust import trusted_labels
from causaray.errors import BadInput
from causaray.systems.causal_disentanglement.request_rows import ALIKE, label_row, pictured
from causaray.systems.causal_disentanglement.training.pairs import Pair
from causaray.vocabulary import DEVICE, NORMAL, PATIENT_SIDES

LEAST = 0.25
"""The least severity that is drawn."""
BOTH, SUPINE, PLACE_SAID = 0.15, 0.15, 0.6
"""Shares of findings on both sides, of effusions in the supine, and of places that are told."""
_LOBES = ("upper lobe", "middle lobe", "lower lobe", "upper zone", "middle zone", "lower zone", "perihilar")
_ZONES = ("upper zone", "middle zone", "lower zone")
_BATCH, _TRIES = 16, 3
"""Films read at once, and how many are tried for each pair that is wanted."""


@dataclass(frozen=True)
class Wish:
    """A finding to be drawn: its lesions, and what a request says of it."""

    name: str
    lesions: list[Lesion]
    sides: tuple[float, float]
    place: str | None


def wish(name: str, supine: bool, rng: np.random.Generator) -> Wish:
    """A finding with severity, side and place by lot. supine: whether the film may be of a patient who lies."""
    severity, where = float(rng.uniform(LEAST, 1.0)), None
    sides: tuple[str, ...]
    if name == DEVICE:
        kind = str(rng.choice(list(DEVICES)))
        of_device = "right" if rng.random() < 0.3 else "left"
        return Wish(name, [Lesion(name, severity, (of_device,), kind)], (0.6, 0.6), None)
    if name in WITHOUT_SIDE:
        return Wish(name, [Lesion(name, severity)], (severity, severity), None)
    if name in ALIKE or name in ROUND:
        where = str(rng.choice(_LOBES if name == "Consolidation" else _ZONES))
    elif name == "Pleural Effusion" and supine and rng.random() < SUPINE:
        where = "diffuse"
    if where == "middle lobe":
        sides = ("right",)
    elif name not in ROUND and name != "Pneumothorax" and rng.random() < BOTH:
        sides = PATIENT_SIDES
    else:
        sides = (str(rng.choice(PATIENT_SIDES)),)
    drawn_as = "Consolidation" if name in PATCHES else name
    lesions = [Lesion(drawn_as, severity, (side,), where) for side in sides]
    right, left = (severity if side in sides else 0.0 for side in PATIENT_SIDES)
    return Wish(name, lesions, (right, left), where)


def drawn_pairs(cohort: Cohort, names: Sequence[str], findings: Sequence[str], count: int, seed: int) -> Iterator[Pair]:
    """Up to `count` pairs drawn on the films of a cohort, all findings alike, for weights that know `names`.

    A finding is not drawn on a film that is labelled with it, or whose anatomy cannot be read. Cohorts are drawn with
    the root of their size, as in `cohorts.batches`. The same seed gives the same pairs.
    """
    editor, films = DrawnEditor.load(), _films(cohort, seed)
    labels, known = trusted_labels(cohort, names), cohort.labels(names)
    for start in range(0, _TRIES * count, _BATCH):
        batch = [next(films) for _ in range(_BATCH)]
        images = torch.from_numpy(cohort.images(np.array(batch)))
        reading = editor.read(images)
        for i, row in enumerate(batch):
            rng = np.random.default_rng((seed, 2, start + i))
            possible = [name for name in findings if _may(name, names, known[row])]
            if not possible:
                continue
            one = wish(str(rng.choice(possible)), cohort.table["view"].iloc[row] == "AP", rng)
            try:
                made = editor.draw_on(images[i : i + 1], reading, i, one.lesions, int(rng.integers(2**31)))
            except BadInput:
                continue
            rows = told(one, names, labels[row], known[row], rng)
            yield Pair(images[i, 0], made.film[0, 0], made.share[0, 0], rows)


def _films(cohort: Cohort, seed: int) -> Iterator[int]:
    """Rows of a cohort without end, its parts by the root of their size, each row once before any comes again."""
    rng, parts = np.random.default_rng((seed, 1)), cohort.table["cohort"].to_numpy()
    groups, counts = np.unique(parts, return_counts=True)
    share = np.sqrt(counts) / np.sqrt(counts).sum()
    waiting: dict[str, list[int]] = {group: [] for group in groups}
    while True:
        group = str(rng.choice(groups, p=share))
        if not waiting[group]:
            waiting[group] = list(rng.permutation(np.flatnonzero(parts == group)))
        yield int(waiting[group].pop())


def _may(name: str, names: Sequence[str], known: np.ndarray) -> bool:
    """Whether a finding may be drawn on a film of labels (n,): not where it, or one that looks alike, is said."""
    alike = ALIKE if name in ALIKE else ROUND if name in ROUND else (name,)
    return not any(known[names.index(one)] == 1 for one in alike if one in names)


def told(
    one: Wish, names: Sequence[str], labels: np.ndarray, known: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """The rows of a pair, see `Pairs`; labels and known (n,): the film's trusted labels, and all that is said of it."""
    column, normal = names.index(one.name), names.index(NORMAL)
    alike = pictured(names, one.name)
    before, after = labels.copy(), labels.copy()
    after[normal], after[alike], after[column] = 0.0, np.nan, 1.0
    shown = np.where((known == 0) | (known[normal] == 1), 0.0, np.nan).astype(np.float32)
    shown[alike], shown[column] = 1.0, 1.0
    place = one.place if one.place == "diffuse" or rng.random() < PLACE_SAID else None
    return {
        "asked": label_row(names, {one.name: one.sides}, place), "before": before, "after": after,
        "shown": shown, "key": key(column, one.sides),
        "severity": np.array(max(one.sides), np.float32),
    }  # fmt: skip


def key(column: int, sides: Sequence[float] | np.ndarray) -> np.ndarray:
    """One number for a finding and the sides that have it, of the severities right and left."""
    return np.array(4 * column + 2 * (sides[0] > 0) + (sides[1] > 0))
