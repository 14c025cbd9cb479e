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
from causaray.training.counterfactual_vae import make_obey
from causaray.training.recipe import load_recipe
from causaray.training.source import Source, trained_on, training_rows

KIND, OBEDIENT, RECIPE = "hierarchical-vae", "obedient-vae", "phantom-64"
"""Which conditional VAE, the same made to obey, and the recipe whose size, batches and rate they take."""


def known_graph(patients: Phantoms, codec: Codec) -> Edit:
    """The structural causal model of the phantoms itself: exact abduction, and what is an effect moves alone."""

    def edit(caption: str) -> Tensor:
        return drawn(codec, patients.world.counterfactual(patients, parse_prompt(caption)).images)

    return edit


def conditional_vaes(
    cohort: Cohort, names: tuple[str, ...], images: Tensor, codec: Codec, steps: int, seed: int, out: Path
) -> dict[str, Edit]:  # fmt: skip
    """Edits of images (N, 1, S, S) by two deep structural causal models of a cohort, whose graph is `names` -> image.

    The second is the first after `steps` more under predictors, without which it hardly hears what it is told
    (`methods.counterfactual_training`). Abduction keeps in the noise whatever `names` do not explain. Kept in `out`; a
    stopped training goes on.
    """
    if not (out / OBEDIENT / weightfiles.CONFIG).is_file():
        plan = load_recipe(RECIPE)
        stage = plan.stage1.model_copy(update={"steps": steps})
        plan = plan.model_copy(update={"stage1": stage, "seed": seed})
        rows, place = training_rows(cohort, plan), torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(seed)
        about: dict[str, object] = {"cohorts": trained_on(rows)}
        KINDS[KIND](Source(rows, names, plan, place), names, plan, out, out / KIND, about)
        guided = Source(rows.subset(fold="guide"), names, plan, place)
        make_obey(VariationalEditor.load(out / KIND), guided, plan, steps, out).save(out / OBEDIENT, **about)
    return {kind: _edit(VariationalEditor.load(out / kind), images, codec) for kind in (KIND, OBEDIENT)}


def _edit(editor: VariationalEditor, images: Tensor, codec: Codec) -> Edit:
    def edit(caption: str) -> Tensor:
        request = parse_prompt(caption)
        return drawn(codec, torch.cat([editor.edit(few, request).counterfactual for few in images.split(BATCH)]))

    return edit
