"""How far two readers agree beyond chance."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from causaray.evaluation.reading_room.answers import Answer, Answers
from causaray.evaluation.reading_room.key import Key
from causaray.evaluation.statistics.bootstrap import estimate


def cohen_kappa(one: np.ndarray, two: np.ndarray, quadratic: bool = False) -> float:
    """Cohen's kappa of two readers' answers (N,), whole numbers: 1 is agreement in all, 0 as much as chance gives.

    With `quadratic` a disagreement weighs as the square of its size (Cohen 1968), else as much as any other. NaN where
    chance leaves nothing to disagree about, as when both say always the same.
    """
    levels, codes = np.unique(np.concatenate([one, two]), return_inverse=True)
    table = np.zeros((len(levels), len(levels)))
    np.add.at(table, (codes[: len(one)], codes[len(one) :]), 1 / max(1, len(one)))
    apart = levels[:, None] - levels[None]
    weight = apart.astype(float) ** 2 if quadratic else (apart != 0).astype(float)
    by_chance = float((weight * np.outer(table.sum(1), table.sum(0))).sum())
    return 1 - float((weight * table).sum()) / by_chance if by_chance else float("nan")


def agreement(read: Sequence[Answers], key: Key) -> dict[str, Any]:
    """For every two readers, "one and two": kappa of the finding with its side, and, weighted, of how real it looks."""
    return {f"{a.reader} and {b.reader}": _between(a, b, key) for a, b in combinations(read, 2)}


def _between(one: Answers, two: Answers, key: Key) -> dict[str, Any]:
    images = sorted(one.by_image.keys() & two.by_image.keys())
    pairs = [(one.by_image[image], two.by_image[image]) for image in images]
    if not pairs:
        return {"images": 0, "finding_with_side": None, "real": None}
    patients = np.array([key.entries[image].patient for image in images])
    _, said = np.unique([[_said(answer) for answer in pair] for pair in pairs], return_inverse=True)
    said, real = said.reshape(-1, 2), np.array([[answer.real for answer in pair] for pair in pairs])
    return {
        "images": len(images),
        "finding_with_side": estimate(lambda rows: cohen_kappa(said[rows, 0], said[rows, 1]), patients),
        "real": estimate(lambda rows: cohen_kappa(real[rows, 0], real[rows, 1], quadratic=True), patients),
    }


def _said(answer: Answer) -> str:
    return f"{answer.finding} {answer.side or ''}"
