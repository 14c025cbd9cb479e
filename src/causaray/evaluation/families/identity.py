"""Identity, as metrics.json holds it."""

from typing import Any

from causaray.evaluation.context import Context, Featured
from causaray.evaluation.images.anatomy import anatomy, thorax
from causaray.evaluation.images.lungs import lung_masks
from causaray.evaluation.images.outside import outside
from causaray.evaluation.images.perceptual import perceptual_distance
from causaray.evaluation.measures.identity import identity, similarity

IMAGES = 192
"""How many images are compared in the feature maps of the judge, and their lungs outlined again and again."""


def measure(context: Context) -> dict[str, Any]:
    """Whether edited images are still their patients', sharp and all blurred alike, and the same where they should."""
    edited, rows, seed = context.edited, context.sample(IMAGES), context.seed
    real, people = edited.factual[rows], context.patients[rows]
    made = {"edited": context.by_turns[rows], "reconstructed": edited.reconstruction[rows]}
    inside = thorax(lung_masks(real), real.shape[-1])
    return {
        **_by_features(context.features(), seed),
        "low_passed": _by_features(context.features("low_passed"), seed),
        "outside": outside(real, made, inside, perceptual_distance(context.judge), people, seed),
        "anatomy": anatomy(real, made, people, seed),
    }


def _by_features(seen: Featured, seed: int) -> dict[str, Any]:
    made = {"edited": seen.by_turns, "reconstructed": seen.reconstructed}
    return {
        **identity(seen.real, seen.reconstructed, seen.edited, seen.patients, seed),
        "similarity": similarity(seen.real, made, seen.patients, seed),
    }
