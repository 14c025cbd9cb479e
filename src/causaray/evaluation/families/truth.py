"""Distance to the true counterfactual, as metrics.json holds it: of phantoms, whose truth is known."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
from torch import Tensor

from causaray.cohorts.phantom import truth
from causaray.cohorts.phantom.cohort import NAME
from causaray.cohorts.phantom.request import WORLD_NAMES
from causaray.evaluation.context import Context
from causaray.evaluation.images.distances import l1
from causaray.evaluation.measures.effect import separation
from causaray.evaluation.measures.truth import distance_to_truth, truly_changed
from causaray.evaluation.statistics.bootstrap import ratio_of_means

IMAGES = 128
"""How many phantoms are rendered again for each request."""


def measure(context: Context) -> dict[str, Any] | None:
    """Finding -> "added" and "removed", and "l1_to_copied" of all of them together, over the pixels that truly change.

    Each finding also holds "judge_on_truth", the judge's AUROC on the true counterfactuals, added against removed:
    what a perfect editor would reach where the effect of this one is measured. None for cohorts, and findings, that
    know no truth. Raises BadInput for phantoms of another version of their world.
    """
    if context.edited.name != NAME:
        return None
    rows, found, errors = context.sample(IMAGES), dict[str, Any](), []
    scores: dict[str, list[np.ndarray]] = defaultdict(list)
    factual, plain, people = context.edited.factual[rows], context.edited.reconstruction[rows], context.patients[rows]
    for finding, side, made, true in _answers(context, rows):
        distances = distance_to_truth(made, true, factual, plain, people, context.seed)
        found.setdefault(finding, {})[side] = distances
        scores[finding].append(context.judge.predict(true)[:, context.judge.names.index(finding)].numpy())
        where = truly_changed(factual, true)
        errors.append([l1(image, true, where).numpy() for image in (made, factual)])
    if not errors:
        return None
    for finding, (added, removed) in scores.items():
        found[finding]["judge_on_truth"] = separation(added, removed, people, seed=context.seed)
    edited, copied = np.concatenate(errors, axis=1)
    known = np.isfinite(copied)
    whose = np.tile(people, len(errors))[known]
    return {**found, "l1_to_copied": ratio_of_means(edited[known], copied[known], whose, seed=context.seed)}


def _answers(context: Context, rows: np.ndarray) -> Iterator[tuple[str, str, Tensor, Tensor]]:
    """Finding, side, the edits of the rows and their truth, of what the world knows."""
    cohort = context.edited.rows
    few = cohort.subset(mask=np.isin(np.arange(len(cohort)), rows))
    for finding in (finding for finding in context.edited.pairs if finding in WORLD_NAMES):
        sides = zip(("added", "removed"), context.edited.pairs[finding], context.requests(finding), strict=True)
        for done, (side, images, request) in enumerate(sides):
            context.tell(f"truth: {finding}", done, 2)
            yield finding, side, images[rows], truth(few, request)
