"""All measures of one cohort, family by family, with their intervals and controls."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from causaray.evaluation.context import Context
from causaray.evaluation.families import (
    calibration,
    disentanglement,
    effect,
    identity,
    privacy,
    realism,
    reconstruction,
    soundness,
    subgroups,
    text,
    truth,
)

Family = Callable[[Context], dict[str, Any] | None]
"""What metrics.json is to hold: nested dicts with figures, numbers and lists in them; None for what cannot be asked."""

FAMILIES: Mapping[str, Family] = {
    "effect": effect.measure,
    "identity": identity.measure,
    "realism": realism.measure,
    "soundness": soundness.measure,
    "truth": truth.measure,
    "calibration": calibration.measure,
    "subgroups": subgroups.measure,
    "disentanglement": disentanglement.measure,
    "privacy": privacy.measure,
    "reconstruction": reconstruction.measure,
    "text": text.measure,
}
SUITES = tuple(FAMILIES)


def measure_cohort(context: Context, suite: Sequence[str]) -> dict[str, Any]:
    """The families of `suite` for one cohort, as metrics.json holds them."""
    found: dict[str, Any] = {
        "images": len(context.patients),
        "patients": len(np.unique(context.patients)),
        "null_edit_equal": context.edited.null_equal,
        "unchanged": {name: _unchanged(context, added) for name, (added, _) in context.edited.pairs.items()},
    }
    for done, name in enumerate(suite):
        context.tell(f"{context.edited.name}: {name}", done, len(suite))
        found[name] = FAMILIES[name](context)
        if name == "effect":
            found["effect_by_frequency"] = effect.over_findings(context)
            found["mean_effect"] = found["effect_by_frequency"]["auroc"]["macro"]
            found["mean_judge_real"] = effect.judge_over_findings(found["effect"])
    return found


def _unchanged(context: Context, added: Tensor) -> int:
    """How many images came back as they were, bit for bit, when a finding was to be added."""
    return int((added == context.edited.factual).all(3).all(2).all(1).sum())
