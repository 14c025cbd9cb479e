"""Realism, as metrics.json holds it."""

from typing import Any

from causaray.evaluation.context import Context, Featured
from causaray.evaluation.images.neighbours import neighbourhood
from causaray.evaluation.images.niqe import naturalness
from causaray.evaluation.images.power_curve import power_curves
from causaray.evaluation.measures import realism


def measure(context: Context) -> dict[str, Any]:
    """Distances from real images, of edited ones beside reconstructions and real ones, by Inception and by "chest"."""
    edited, people, seed = context.edited, context.patients, context.seed
    images = {"edited": context.by_turns, "reconstructed": edited.reconstruction}
    return {
        **_by_features(context.features(), seed),
        "chest": _by_features(context.features(by="chest"), seed),
        **realism.power(edited.factual, edited.reconstruction, context.drawn, people),
        "niqe": naturalness(edited.factual, images, people, seed),
        "power_curve": power_curves(edited.factual, images, people, seed),
    }


def _by_features(seen: Featured, seed: int) -> dict[str, Any]:
    made = {"edited": seen.by_turns, "reconstructed": seen.reconstructed}
    return {
        **realism.feature_distances(seen.real, seen.reconstructed, seen.edited, seen.patients, seed),
        "neighbours": neighbourhood(seen.real, made, seen.patients, seed),
    }
