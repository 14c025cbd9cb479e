"""Train a conditional VAE whose counterfactuals obey: predictors first, then the VAE under them."""

from functools import partial
from pathlib import Path

import torch

from causaray.methods.conditional_vae import VariationalEditor
from causaray.methods.counterfactual_training import SLACK, CounterfactualTraining, Multiplier
from causaray.nets.ladder import Ladder
from causaray.training.loop import Task, run
from causaray.training.recipe import Recipe
from causaray.training.source import Source
from causaray.training.stages import adamw, told, train_guide, update
from causaray.vocabulary import PATIENT_SIDES

FIRST_BATCHES = 16
"""Batches that the free energy before is a mean of."""


def make_obey(editor: VariationalEditor, source: Source, plan: Recipe, steps: int, out: Path) -> VariationalEditor:
    """Go on training a VAE for `steps` updates on `source`, which holds fold `guide` alone, as do its predictors.

    Resumes what `out` holds; returns the average of the training.
    """
    guide = train_guide(source, plan, out)
    ladder: Ladder = editor.net.requires_grad_(True).to(source.device)
    training = CounterfactualTraining(ladder, guide, len(PATIENT_SIDES) if plan.graded else 1)
    tell, draw = partial(told, null=plan.stage2.null), source.batches(plan.stage1.batch, plan.seed + 1)
    multiplier = Multiplier(SLACK * energy_of(training, source, plan)).to(source.device)
    optimiser = adamw(ladder, plan.stage1.lr / 2)

    def step(i: int) -> dict[str, float]:
        batch = draw(i)
        with source.precision():
            obedience = training.obedience(batch)
            energy = training.free_energy(batch.images, tell(batch.labels))
        update(obedience + multiplier.excess(energy), optimiser, plan.stage1.clip)
        return {"obedience": obedience.item(), "energy": energy.item(), "lambda": multiplier.value.item()}

    task = Task({"net": ladder, "multiplier": multiplier}, {"net": optimiser}, step, "net")
    ladder.load_state_dict(run(task, steps, out, "counterfactual"))
    return VariationalEditor(ladder.cpu(), editor.config)


@torch.no_grad()
def energy_of(training: CounterfactualTraining, source: Source, plan: Recipe) -> float:
    """The free energy before, mean over a few batches."""
    draw = source.batches(plan.stage1.batch, plan.seed + 2)
    batches = [draw(i) for i in range(FIRST_BATCHES)]
    energies = [training.free_energy(one.images, told(one.labels, plan.stage2.null)) for one in batches]
    return float(torch.stack(energies).mean())
