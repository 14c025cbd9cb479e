"""What the judge says of images before and after an edit, sorted into what was asked for and what was not."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.evaluation.images.jitter import change_sd


def judged(judge: Judge, before: Tensor, after: Tensor, asked: Sequence[str]) -> list[dict[str, Any]]:
    """`judged`, `unasked` and `change_sd` of each counterfactual; before, after: (B, 1, S, S) in [0, 1]."""
    first = judge.predict(before), judge.predict(after)
    rows = zip(*(one.tolist() for one in (*first, change_sd(judge, before, after, first))), strict=True)
    return [_sorted(judge.names, p, q, sd, asked) for p, q, sd in rows]


def _sorted(
    names: Sequence[str], before: Sequence[float], after: Sequence[float], sd: Sequence[float], asked: Sequence[str]
) -> dict[str, Any]:
    said = dict(zip(names, zip(before, after, strict=True), strict=True))
    return {
        "judged": {name: said[name] for name in dict.fromkeys(asked) if name in said},
        "unasked": {name: both for name, both in said.items() if name not in asked},
        "change_sd": dict(zip(names, sd, strict=True)),
    }
