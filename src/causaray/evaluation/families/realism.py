"""Realism, as metrics.json holds it."""

from typing import Any

import numpy as np

from causaray.evaluation import realism
from causaray.evaluation.context import Context
from causaray.evaluation.neighbours import neighbourhood
from causaray.evaluation.niqe import naturalness
from causaray.evaluation.power_curve import power_curves


def measure(context: Context) -> dict[str, Any]:
    """Distances from real images, of edited ones beside reconstructions and real ones.

    The sets that need one edit an image hold, by turns, one with its finding added and one with it removed.
    """
    edited, people, seed = context.edited, context.patients, context.seed
    real, reconstructed, made = context.features()
    by_turns = np.arange(len(people)) % 2, np.arange(len(people))
    images = {"edited": context.drawn[by_turns], "reconstructed": edited.reconstruction}
    return {
        **realism.feature_distances(real, reconstructed, made, people, seed),
        **realism.power(edited.factual, edited.reconstruction, context.drawn, people),
        "neighbours": neighbourhood(real, {"edited": made[by_turns], "reconstructed": reconstructed}, people, seed),
        "niqe": naturalness(edited.factual, images, people, seed),
        "power_curve": power_curves(edited.factual, images, people, seed),
    }
