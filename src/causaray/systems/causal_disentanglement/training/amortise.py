"""Train the amortised engine of the long-tail optimisation for an editor and a chest encoder."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from causaray.classifiers.encoders import References
from causaray.cohorts import open_cohorts
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.systems.causal_disentanglement.amortised_noise import Amortised, Config, propose
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor
from causaray.systems.causal_disentanglement.seed_optimisation import Objective
from causaray.training.loop import Task, run
from causaray.training.recipe import recipe_of
from causaray.training.source import Source, trained_on, training_rows
from causaray.training.updates import adamw, update

STEPS, BATCH, RATE = 800, 6, 5e-3


def amortise(weights: Path, references: Path, cohorts: Iterable[Path], out: Path) -> Path:
    """Train for the editor in `weights` and the encoder in `references`; return the weights folder out/noise-<name>.

    On the rows of split train, fold guide: nothing that guides knows a patient of the judge's. Each batch is asked for
    one finding that the encoder has a centroid of; L_P is what is minimised. Resumes what `out` holds. Raises BadInput
    for weights that say nothing of their training, and where editor and encoder know no finding in common.
    """
    recipe, editor, space = recipe_of(weights), CausalDisentanglementEditor.load(weights), References.load(references)
    known = [name for name in editor.names if name in space.names]
    if not known:
        raise BadInput(f"{editor.name} and {space.name} know no finding in common.")
    rows = training_rows(open_cohorts(list(cohorts)), recipe).subset(fold="guide")
    source = Source(rows, editor.names, recipe, torch.device("cpu"))
    torch.manual_seed(recipe.seed)
    d, shape = len(space.centroid(known[0])), editor.config.shape
    about = Config(
        f"noise-{editor.name}",
        editor.digest,
        space.digest,
        d,
        shape.pathology_size,
        maps=len(editor.names) if shape.true_groups else 1,
    )
    net, draw = about.net(), source.batches(BATCH, recipe.seed + 5)
    optimiser = adamw(net, RATE)

    def step(i: int) -> dict[str, float]:
        rng = np.random.default_rng((recipe.seed + 5, i))
        name, images = known[rng.integers(len(known))], draw(i).images
        request = editor.resolved(Findings((Finding(name),)), i)
        objective = Objective(editor, space, space.centroid(name), images, request)
        noise = editor.noise(int(rng.integers(2**31)), len(images))
        loss = objective(propose(net, objective, noise)).mean()
        update(loss, optimiser, clip=1.0)
        return {"L_P": loss.item()}

    net.load_state_dict(run(Task({"net": net}, {"net": optimiser}, step, "net"), STEPS, out, "noise"))
    Amortised(net, about).save(out / about.name, steps=STEPS, cohorts=trained_on(rows))
    return out / about.name
