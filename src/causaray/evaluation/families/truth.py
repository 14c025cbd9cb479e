"""Distance to the true counterfactual, as metrics.json holds it: of phantoms, whose truth is known."""

from typing import Any

import numpy as np

from causaray.cohorts.phantom import truth
from causaray.cohorts.phantom.cohort import NAME
from causaray.errors import BadInput
from causaray.evaluation.context import Context
from causaray.evaluation.truth import distance_to_truth

IMAGES = 128
"""How many phantoms are rendered again for each request."""


def measure(context: Context) -> dict[str, Any] | None:
    """Finding -> "added" and "removed"; None for cohorts that know no truth, and findings their world has not."""
    if context.edited.name != NAME:
        return None
    rows = context.sample(IMAGES)
    return {finding: found for finding in context.edited.pairs if (found := _finding(context, finding, rows))}


def _finding(context: Context, finding: str, rows: np.ndarray) -> dict[str, Any] | None:
    edited, cohort = context.edited, context.edited.rows
    few = cohort.subset(mask=np.isin(np.arange(len(cohort)), rows))
    found = {}
    for side, images, request in zip(
        ("added", "removed"), edited.pairs[finding], context.requests(finding), strict=True
    ):
        try:
            true = truth(few, request)
        except BadInput:
            return None
        plain = edited.factual[rows], edited.reconstruction[rows], context.patients[rows]
        found[side] = distance_to_truth(images[rows], true, *plain, context.seed)
    return found
