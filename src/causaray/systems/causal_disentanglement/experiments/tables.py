"""The paper's experiments: what each compares, and by which figures."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from causaray import weightfiles
from causaray.experiments.options import ExperimentOptions
from causaray.findings import NAMES
from causaray.systems.baselines.latent_diffusion import METHOD as LATENT_DIFFUSION
from causaray.systems.causal_disentanglement.experiments.ablation import WITH_GROUPS, Figures, Row, Setting, Tell, table
from causaray.systems.causal_disentanglement.experiments.ablation_page import write_table
from causaray.systems.causal_disentanglement.experiments.table5 import table5
from causaray.training.recipe import Recipe

SWAPPING = ("identity", "pathology", "adversarial", "minimality", "cycle")
"""Losses of group supervision: those of the paper and what this project adds to make a swap a radiograph."""
TOLD = {"labels": "labels", "refined reports": "refined", "raw reports": "raw"}
CHANNELS, LAYERS = (2, 4, 6), (0, 2, 4)

OVERALL: Figures = {
    "psnr": ("PSNR of the reconstruction, dB", ("reconstruction", "psnr")),
    "effect": ("effect: mean AUROC of the judge", ("mean_effect",)),
    "kid": ("KID to real, edited / reconstructed", ("realism", "kid_ratio")),
    "own_patient": ("nearest real image is the own patient's", ("identity", "edited")),
    "truth": ("distance to the truth / no edit's", ("truth", "l1_to_copied")),
    "leak": ("findings read from identity channels, AUROC", ("disentanglement", "mean", "identity")),
    "pathology": ("findings read from the pathology map, AUROC", ("disentanglement", "mean", "pathology")),
}
QUALITY: Figures = {
    "kid": ("KID x 1000 of edits to real", ("realism", "kid_x1000", "edited")),
    "chest": ("the same in a chest encoder", ("realism", "chest", "kid_x1000", "edited")),
    "niqe": ("NIQE", ("realism", "niqe", "edited")),
    "power": ("power above half Nyquist, edited / real", ("realism", "power_edited_to_real")),
    "own_patient": ("nearest real image is the own patient's", ("identity", "edited")),
    "effect": ("effect: mean AUROC of the judge", ("mean_effect",)),
    "truth": ("distance to the truth / no edit's", ("truth", "l1_to_copied")),
}
BY_FINDING: Figures = {
    "f1": ("mean F1", ("effect_by_frequency", "f1", "macro")),
    "auroc": ("mean AUROC", ("effect_by_frequency", "auroc", "macro")),
    "head": ("head", ("effect_by_frequency", "auroc", "head")),
    "tail": ("tail", ("effect_by_frequency", "auroc", "tail")),
    **{name: (name, ("effect", name, "as_edited")) for name in NAMES},
}


def methods(recipe: Recipe) -> Sequence[Row]:
    """Tables 1 and 2: the method beside what is trained on the same images in the same number of updates."""
    return (
        Row("system 1"),
        Row("system 1 + L_P", pull=True),
        Row(WITH_GROUPS, ships=True),
        Row("latent diffusion, edit", method=LATENT_DIFFUSION),
        Row("latent diffusion, text to image", method=LATENT_DIFFUSION, strength=1.0),
        Row("conditional VAE", method="conditional-vae"),
        Row("hierarchical VAE", method="hierarchical-vae"),
    )


def modules(recipe: Recipe) -> Sequence[Row]:
    """The rows of Table 4, in its order; the last ones add what the paper does not have."""
    alone = {f"stage1.weights.{name}": 0.0 for name in SWAPPING} | {"stage1.swap_from": recipe.stage1.steps}
    no_transformer = {"latent.transformer_layers": 0}
    return (
        Row("baseline", alone | no_transformer),
        Row("+ L_ID + L_PC", no_transformer),
        Row("+ T"),
        Row("+ T, told raw reports", {"stage2.reads": "raw"}),
        Row("+ T, told refined reports", {"stage2.reads": "refined"}),
        Row("+ L_P", pull=True),
        Row("L_PC as printed (self)", {"stage1.pathology_target": "self"}),
        Row("+ leak penalty", {"stage1.weights.leak": 5e-3}),
        Row(WITH_GROUPS, ships=True),
    )


def channels_by_layers(recipe: Recipe) -> Sequence[Row]:
    """Figure 9: n latent channels by k layers of T."""
    return tuple(
        Row(f"n = {n}, k = {k}", {"latent.channels": n, "latent.transformer_layers": k})
        for n in CHANNELS
        for k in LAYERS
    )


def conditions(recipe: Recipe) -> Sequence[Row]:
    """What the prior is told: labels, or reports, as they are or as `read_report` reads them."""
    return tuple(Row(f"told {name}", {"stage2.reads": reads}) for name, reads in TOLD.items())


def compare(
    rows: Callable[[Recipe], Sequence[Row]], figures: Figures, setting: Setting, tell: Tell
) -> tuple[Mapping[str, Any], Figures]:
    """An experiment of rows that are trained and measured alike.

    Those with L_P are left out without an encoder, those told reports where the cohorts have none.
    """
    able = [
        row
        for row in rows(setting.recipe)
        if setting.able(row) and ("stage2.reads" not in row.change or setting.has_reports)
    ]
    return table(able, setting, figures, tell), figures


Experiment = Callable[[Setting, Tell], tuple[Mapping[str, Any], Figures]]
"""Row -> figure -> mean, deviation and values over the seeds; and what the figures are."""
EXPERIMENTS: dict[str, Experiment] = {
    "table1": partial(compare, methods, QUALITY),
    "table2": partial(compare, methods, BY_FINDING),
    "table4": partial(compare, modules, OVERALL),
    "table5": table5,
    "reports": partial(compare, conditions, OVERALL),
    "fig9": partial(compare, channels_by_layers, OVERALL),
}


def run(options: ExperimentOptions) -> dict[str, Any]:
    """`causaray reproduce` of a table or figure of the paper; write <name>.json, .md and .png.

    Returns: row -> figure -> mean, deviation and values.
    """
    encoder = weightfiles.find(options.references) if options.references is not None else None
    setting = Setting.of(
        options.needed_recipe(), options.cohorts, options.judge, options.seeds, options.limit, options.work, encoder
    )
    found, figures = EXPERIMENTS[options.name](setting, options.tell)
    about = {
        "command": options.command, "recipe": setting.recipe.name,
        "cohorts": ", ".join(folder.name for folder in options.cohorts), "judge": options.judge,
        "seeds": options.seeds, "limit": options.limit,
    }  # fmt: skip
    write_table(options.name, about, found, figures, options.out)
    return dict(found)
