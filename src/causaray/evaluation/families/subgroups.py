"""Subgroups, as metrics.json holds them."""

from typing import Any

import numpy as np

from causaray.evaluation.context import Context
from causaray.evaluation.families.effect import sides
from causaray.evaluation.measures.effect import area
from causaray.evaluation.measures.identity import own_patient
from causaray.evaluation.measures.longtail import mean_of
from causaray.evaluation.measures.subgroups import by_subgroup, groupings


def measure(context: Context) -> dict[str, Any]:
    """By age, sex and view, as far as the cohort tells them: mean "effect", and "identity"."""
    groups = {name: group for name, group in groupings(context.edited.rows.table).items() if len(np.unique(group)) > 1}
    effect = mean_of([area(up, down) for up, down, _ in (sides(context, f) for f in context.edited.pairs)])
    seen, seed = context.features("low_passed"), context.seed
    own = np.mean([own_patient(side, seen.real, seen.patients, seen.patients) for side in seen.edited], axis=0)
    few = {name: group[seen.rows] for name, group in groups.items()}
    return {
        "effect": by_subgroup(effect, groups, context.patients, seed),
        "identity": by_subgroup(lambda rows: float(own[rows].mean()), few, seen.patients, seed),
    }
