"""Structural causal models as editors, beside those by words: the phantoms' own, and one learned from images.

The images of both pass through the codec of a prior, as those of the prior do.
"""

from pathlib import Path

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.cohorts import Cohort
from causaray.cohorts.phantom.world import Phantoms
from causaray.findings import parse_prompt
from causaray.methods.conditional_vae import VariationalEditor
from causaray.methods.hidden_attributes import BATCH, Edit
from causaray.nets.codecs import Codec
from causaray.reproduction.readings import drawn
from causaray.training.baselines import KINDS
from causaray.training.recipe import load_recipe
from causaray.training.source import Source, trained_on, training_rows

KIND, RECIPE = "hierarchical-vae", "phantom-64"
"""Which conditional VAE, and the recipe whose size, batches and rate it takes."""


def known_graph(patients: Phantoms, codec: Codec) -> Edit:
    """The structural causal model of the phantoms itself: exact abduction, and what is an effect moves alone."""

    def edit(caption: str) -> Tensor:
        return drawn(codec, patients.world.counterfactual(patients, parse_prompt(caption)).images)

    return edit


def conditional_vae(
    cohort: Cohort, names: tuple[str, ...], images: Tensor, codec: Codec, steps: int, seed: int, out: Path
) -> Edit:  # fmt: skip
    """A deep structural causal model whose graph is `names` -> image, trained on a cohort: images (N, 1, S, S) edited.

    Abduction keeps in the noise whatever `names` do not explain (`methods.conditional_vae`). Kept in `out`; a stopped
    training goes on.
    """
    folder = out / KIND
    if not (folder / weightfiles.CONFIG).is_file():
        plan = load_recipe(RECIPE)
        stage = plan.stage1.model_copy(update={"steps": steps})
        plan = plan.model_copy(update={"stage1": stage, "seed": seed})
        rows, place = training_rows(cohort, plan), torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(seed)
        KINDS[KIND](Source(rows, names, plan, place), names, plan, out, folder, {"cohorts": trained_on(rows)})
    editor = VariationalEditor.load(folder)

    def edit(caption: str) -> Tensor:
        request = parse_prompt(caption)
        return drawn(codec, torch.cat([editor.edit(few, request).counterfactual for few in images.split(BATCH)]))

    return edit
