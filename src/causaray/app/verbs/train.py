"""causaray train: weights from a recipe and prepared cohorts."""

import os
from collections.abc import Sequence
from inspect import signature
from pathlib import Path
from typing import Annotated

import typer

from causaray.arguments import Cohorts, Device, Out, folders_of
from causaray.devices import AUTO, resolved
from causaray.errors import BadInput
from causaray.systems import declared
from causaray.systems.system import imported
from causaray.writing import check_folder

RECIPES = {
    "chest-encoder": "causaray.classifiers.train_encoder:train",
    "judge": "causaray.classifiers.train_judge:train",
    "classifier": "causaray.classifiers.own_judge:train",
    "text-prior": "causaray.priors.train:train",
    "anatomy": "causaray.anatomy.training.train:train",
}
"""Method that a recipe says -> its training; those of the published systems stand with these (`System.recipes`)."""

IN_PARALLEL = ("causal-disentanglement", "text-prior", "classifier", "judge", "chest-encoder")
"""Methods whose batches torchrun's processes share."""


def train(
    recipe: Annotated[str | Path, str, typer.Argument(help="Name of a recipe, such as cxr-128, or a YAML file.")],
    cohorts: Cohorts,
    out: Out,
    *,
    seed: Annotated[int | None, typer.Option(min=0, help="Instead of the recipe's.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoints in the folder.")] = False,
    device: Device = AUTO,
    keep: Annotated[int, typer.Option(min=1, help="Checkpoints that stay; of several the best one, too.")] = 1,
    checkpoint_every: Annotated[
        int | None, typer.Option(min=1, help="Updates between two checkpoints; else the training's own.")
    ] = None,
    track: Annotated[
        Sequence[str], list[str], typer.Option(help="Where losses go beside CSV: tensorboard, mlflow or wandb.")
    ] = (),
) -> Path:
    """Train the editor, the prior or the judge of a recipe and return its weights folder, `out`/<name of the recipe>.

    Args:
        recipe: name of a recipe that comes with the package (such as cxr-128), or a YAML file.
        cohorts: folders that `prepare` has written, one or several; for a recipe of digits, the one set of digits.
        out: folder for checkpoints, logs and the weights.
        seed: instead of the recipe's.
        resume: go on from the checkpoints in `out`, and begin where there are none.
        device: where the training runs, as `devices.resolved` reads it.
        keep: how many of the last checkpoints of a part stay; of several the best one stays, too.
        checkpoint_every: updates between two checkpoints, instead of the training's own.
        track: where losses go to beside the CSV files: "tensorboard", "mlflow" or "wandb".

    Started by torchrun, several processes train together: each learns from its part of every batch.

    Raises:
        BadInput: for a recipe or cohort that cannot be used, and for an `out` that holds files without `resume`.
    """
    check_folder(out)
    first = os.environ.get("RANK", "0") == "0"
    if first and not resume and Path(out).is_dir() and any(Path(out).iterdir()):
        raise BadInput(f"{out} is there already; go on with its training by --resume, or choose another folder.")

    from causaray.training.recipe import method_of

    known, method = RECIPES | declared("recipes"), method_of(recipe)
    if method not in known:
        raise BadInput(f"{recipe} says method {method}; known are {', '.join(known)}, or none for radiographs.")
    run = imported(known[method])
    takes_device = "device" in signature(run).parameters
    if not takes_device and resolved(device).type != "cpu" and device != AUTO:
        raise BadInput(f"A recipe of method {method} is trained on the CPU; leave --device out.")

    from causaray.training.options import RunOptions, run_options
    from causaray.training.parallel import ranks, started
    from causaray.training.tracking import check_trackers

    check_trackers(track)
    if started() and method not in IN_PARALLEL:
        raise BadInput(
            f"A recipe of method {method} is trained by one process; by several are {', '.join(IN_PARALLEL)}."
        )
    with run_options(RunOptions(keep, checkpoint_every, tuple(track))), ranks(Path(out), device) as (own, place):
        how = {"device": place} if takes_device else {}
        made: Path = run(recipe, folders_of(cohorts), own, seed, **how)
        return made if own == Path(out) else Path(out) / made.name
