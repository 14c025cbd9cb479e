"""What the paper's experiments change: table 4 (each module taken away), figure 9 (channels and layers)."""

from collections.abc import Sequence

from causaray.reproduction.rows import Row
from causaray.training.recipe import Recipe

SWAPPING = ("identity", "pathology", "adversarial", "minimality", "cycle")
"""Losses of group supervision: those of the paper and what this project adds to make a swap a radiograph."""
CHANNELS, LAYERS = (2, 4, 6), (0, 2, 4)


def table4(recipe: Recipe) -> Sequence[Row]:
    """The rows of Table 4 that do not need reports, in its order; the last one adds what the paper does not have."""
    alone = {f"stage1.weights.{name}": 0.0 for name in SWAPPING} | {"stage1.swap_from": recipe.stage1.steps}
    no_transformer = {"latent.transformer_layers": 0}
    return (
        Row("baseline", alone | no_transformer),
        Row("+ L_ID + L_PC", no_transformer),
        Row("+ T"),
        Row("+ L_P", pull=True),
        Row("L_PC as printed (self)", {"stage1.pathology_target": "self"}),
        Row("+ leak penalty", {"stage1.weights.leak": 5e-3}),
    )


def fig9(recipe: Recipe) -> Sequence[Row]:
    """n latent channels by k layers of T."""
    return tuple(
        Row(f"n = {n}, k = {k}", {"latent.channels": n, "latent.transformer_layers": k})
        for n in CHANNELS
        for k in LAYERS
    )


TABLES = {"table4": table4, "fig9": fig9}
