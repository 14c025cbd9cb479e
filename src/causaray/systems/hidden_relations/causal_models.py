"""Structural causal models as editors, beside those by words: the phantoms' own, and one learned from images.

The images of both pass through the codec of a prior, as those of the prior do.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray import devices, weightfiles
from causaray.cohorts import Cohort
from causaray.cohorts.graded import graded_labels
from causaray.cohorts.phantom.world import Phantoms
from causaray.editors.edit import EditRequest
from causaray.findings import parse_prompt
from causaray.nets.codecs import Codec
from causaray.systems.baselines.conditional_vae import VariationalEditor
from causaray.systems.baselines.exogenous import train_exogenous
from causaray.systems.hidden_relations.edits import BATCH, Edit
from causaray.systems.hidden_relations.readout_checks import drawn
from causaray.training.recipe import load_recipe
from causaray.training.source import Source, trained_on, training_rows

KIND, RECIPE = "exogenous-vae", "ablation-64"
"""The learned one's folder, and the recipe whose size, batches and rate it takes."""


def known_graph(patients: Phantoms, codec: Codec) -> Edit:
    """The structural causal model of the phantoms itself: exact abduction, and what is an effect moves alone."""

    def edit(caption: str) -> Tensor:
        return drawn(codec, patients.world.counterfactual(patients, parse_prompt(caption)).images)

    return edit


def conditional_vae(
    cohort: Cohort, names: tuple[str, ...], patients: Cohort, codec: Codec, steps: int, seed: int, out: Path
) -> Edit:  # fmt: skip
    """A deep structural causal model whose graph is `names` -> image, trained on a cohort: edits of the images of rows.

    Abduction is told the patients' own findings, and prediction all of them but the one asked for, as in the model.
    Kept in `out`; a stopped training goes on.
    """
    folder, plan = out / KIND, load_recipe(RECIPE)
    if not (folder / weightfiles.CONFIG).is_file():
        stage = plan.stage1.model_copy(update={"steps": steps})
        plan = plan.model_copy(update={"stage1": stage, "seed": seed})
        rows, place = training_rows(cohort, plan), devices.resolved()
        torch.manual_seed(seed)
        train_exogenous(Source(rows, names, plan, place), names, plan, out, folder, {"cohorts": trained_on(rows)})
    editor = VariationalEditor.load(folder)
    images = torch.from_numpy(patients.images(np.arange(len(patients))))
    known = torch.from_numpy(graded_labels(patients, names))

    def edit(caption: str) -> Tensor:
        request = parse_prompt(caption)
        parts = zip(images.split(BATCH), known.split(BATCH), strict=True)
        return drawn(
            codec, torch.cat([editor.edit(few, EditRequest(request, known=of)).counterfactual for few, of in parts])
        )

    return edit
