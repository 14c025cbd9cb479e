"""All measures of one cohort, family by family, with their intervals and controls."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from causaray.evaluation import realism, reconstruction
from causaray.evaluation.bootstrap import mean_interval
from causaray.evaluation.context import Context
from causaray.evaluation.families import effect
from causaray.evaluation.identity import identity

Family = Callable[[Context], dict[str, Any]]
"""What metrics.json is to hold of a cohort: nested dicts with figures, numbers and lists of numbers in them."""


def _reconstruction(context: Context) -> dict[str, Any]:
    values = reconstruction.summary(context.edited.reconstruction, context.edited.factual)
    figures = {k: mean_interval(v.numpy(), context.patients, seed=context.seed) for k, v in values.items()}
    return {"reconstruction": figures}


def _identity(context: Context) -> dict[str, Any]:
    found = identity(*context.features(), context.patients, context.seed)
    low_passed = identity(*context.features("low_passed"), context.patients, context.seed)
    return {"identity": {**found, "low_passed": low_passed}}


def _realism(context: Context) -> dict[str, Any]:
    edited, people = context.edited, context.patients
    distances = realism.feature_distances(*context.features(), people, context.seed)
    return {"realism": distances | realism.power(edited.factual, edited.reconstruction, context.drawn, people)}


FAMILIES: Mapping[str, Family] = {
    "reconstruction": _reconstruction,
    "effect": effect.measure,
    "identity": _identity,
    "realism": _realism,
}
SUITES = tuple(FAMILIES)
NEED_THE_EDITOR = frozenset({"reconstruction"})
"""Families that a folder of edited images cannot answer."""


def measure_cohort(context: Context, suite: Sequence[str]) -> dict[str, Any]:
    """The families of `suite` for one cohort, as metrics.json holds them; null where the editor would be needed."""
    found: dict[str, Any] = {
        "images": len(context.patients),
        "patients": len(np.unique(context.patients)),
        "null_edit_equal": context.edited.null_equal,
    }
    for name in (name for name in FAMILIES if name in suite):
        there = context.candidate.editor is not None or name not in NEED_THE_EDITOR
        found |= FAMILIES[name](context) if there else {name: None}
    return found
