"""Did each intervention set what it was to set, and leave the rest: every attribute under every intervention.

Effectiveness of Monteiro et al. 2023 (arXiv:2303.01274), as the full matrix of Melistas et al. 2024: on the diagonal
whether the edit worked, off it what else it did.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from causaray.evaluation.statistics.bootstrap import Estimate, figure, resamples

DRAWS = 500
Matrix = dict[str, dict[str, Estimate]]
"""Intervention -> attribute -> figure."""
Sides = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Intervention -> the scores (N, n) of all n attributes with it made, and with it undone, of the same N images."""


def drawn_auroc(positive: np.ndarray, negative: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """AUROC of positive (P,) against negative (M,) scores in each draw (D,); `drawn` (D, P + M) says how often each is.

    A tie counts half; NaN in draws of one class only.
    """
    score = np.concatenate([positive, negative])
    order = np.argsort(score, kind="stable")
    distinct = np.flatnonzero(np.diff(score[order], prepend=-np.inf))
    first = order < len(positive)
    positives, negatives = (
        np.add.reduceat(drawn[:, order] * side, distinct, axis=1) for side in (first, ~first)
    )  # fmt: skip
    below = negatives.cumsum(1) - negatives / 2
    with np.errstate(invalid="ignore"):
        return (positives * below).sum(1) / (positives.sum(1) * negatives.sum(1))


def effectiveness_matrix(sides: Sides, names: Sequence[str], patients: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """What each intervention of `sides` did to each of the attributes `names`, by the judge's scores.

    "auroc": scores with it against without it, 0.5 where nothing moved; "change": mean change of the score.
    "diagonal": mean AUROC of the intervened attributes; "off_diagonal": mean |AUROC - 0.5| of all others, None where
    there are none.
    """
    drawn = _all_rows_and_draws(patients, seed)
    twice = np.tile(drawn, 2)
    areas = {
        do: {name: drawn_auroc(made[:, j], undone[:, j], twice) for j, name in enumerate(names)}
        for do, (made, undone) in sides.items()
    }
    changes = {
        do: dict(zip(names, _means(made - undone, drawn).T, strict=True)) for do, (made, undone) in sides.items()
    }
    own = [areas[do][do] for do in areas]
    other = [np.abs(area - 0.5) for do, row in areas.items() for name, area in row.items() if name != do]
    return {
        "auroc": _figures(areas, patients, seed),
        "change": _figures(changes, patients, seed),
        "diagonal": _figure(np.mean(own, axis=0), patients, seed),
        "off_diagonal": _figure(np.mean(other, axis=0), patients, seed) if other else None,
    }


def association_matrix(
    scores: np.ndarray,
    truth: np.ndarray,
    names: Sequence[str],
    asked: Sequence[str],
    patients: np.ndarray,
    seed: int = 0,
) -> Matrix:
    """The control of `effectiveness_matrix`: AUROC of the judge's scores (N, n) of every attribute on *real* images
    that have each of `asked` against those that have not, by truth (N, n): 1, 0, or NaN for not known.

    What lies off its diagonal is how findings come together in patients and how the judge confuses them.
    """
    drawn = _all_rows_and_draws(patients, seed)
    areas = {}
    for do in asked:
        label = truth[:, list(names).index(do)]
        rows = np.concatenate([np.flatnonzero(label == 1), np.flatnonzero(label == 0)])
        at = int((label == 1).sum())
        if 0 < at < len(rows):
            areas[do] = {
                name: drawn_auroc(scores[rows[:at], j], scores[rows[at:], j], drawn[:, rows])
                for j, name in enumerate(names)
            }
    return _figures(areas, patients, seed)


def _all_rows_and_draws(patients: np.ndarray, seed: int) -> np.ndarray:
    """How often each row is in the whole, then in each of the draws: (1 + DRAWS, N)."""
    return np.concatenate([np.ones((1, len(patients))), resamples(patients, DRAWS, seed)])


def _means(values: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Mean over the rows of each draw (D, N) of values (N, n): (D, n)."""
    return drawn @ values / drawn.sum(1, keepdims=True)


def _figures(drawn: Mapping[str, Mapping[str, np.ndarray]], patients: np.ndarray, seed: int) -> Matrix:
    return {do: {name: _figure(values, patients, seed) for name, values in row.items()} for do, row in drawn.items()}


def _figure(drawn: np.ndarray, patients: np.ndarray, seed: int) -> Estimate:
    """The value over all rows is drawn[0], the others are the draws."""
    return figure(float(drawn[0]), drawn[1:], patients, seed)
