"""Subgroups, as metrics.json holds them."""

from typing import Any

import numpy as np

from causaray.evaluation.context import Context
from causaray.evaluation.effect import area
from causaray.evaluation.families.effect import sides
from causaray.evaluation.identity import own_patient
from causaray.evaluation.longtail import mean_of
from causaray.evaluation.reconstruction import psnr
from causaray.evaluation.subgroups import by_subgroup, groupings


def measure(context: Context) -> dict[str, Any]:
    """By age, sex and view, as far as the cohort tells them: mean "effect", "identity" and "reconstruction" (dB)."""
    groups = {name: group for name, group in groupings(context.edited.rows.table).items() if len(np.unique(group)) > 1}
    effect = mean_of([area(up, down) for up, down, _ in (sides(context, f) for f in context.edited.pairs)])
    real, _, made = context.features("low_passed")
    people = context.patients
    own = np.mean([own_patient(side, real, people, people) for side in made], axis=0)
    level = psnr(context.edited.reconstruction, context.edited.factual).numpy()
    statistics = {
        "effect": effect,
        "identity": lambda rows: float(own[rows].mean()),
        "reconstruction": lambda rows: float(level[rows].mean()),
    }
    return {name: by_subgroup(one, groups, people, context.seed) for name, one in statistics.items()}
