"""causaray distill: one call of a network in place of the denoisings of an edit, or of the search for better noise."""

from pathlib import Path
from typing import Annotated

import typer

from causaray import weightfiles
from causaray.arguments import Cohorts, Device, Out, folders_of
from causaray.devices import AUTO, resolved
from causaray.errors import BadInput
from causaray.writing import check_folder


def distill(
    weights: Annotated[
        str | Path, str, typer.Argument(help="Name of shipped weights, or a weights folder, made by `train`.")
    ],
    cohorts: Cohorts,
    out: Out,
    *,
    references: Annotated[
        str | Path | None,
        str,
        typer.Option(help="Chest encoder: learn to propose noise toward its centroids, instead."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from what is in the folder.")] = False,
    device: Device = AUTO,
) -> Path:
    """Train a student of the denoisings of an editor; return the weights folder `out`/<name of the weights>.

    With `references` the amortised engine of its long-tail optimisation, instead, in `out`/noise-<name of the weights>.

    Args:
        weights: name of shipped weights, or a weights folder, made by `train`.
        cohorts: folders that `prepare` has written, of the cohorts that the editor was trained on.
        out: folder for checkpoints, logs and the weights.
        references: chest encoder with centroids, name or weights folder.
        resume: go on from what is in `out`.
        device: where the training runs, as `devices.resolved` reads it; with `references` on the CPU alone.

    Raises:
        BadInput: for weights or cohorts that cannot be used, and for an `out` that holds files without `resume`.
            For a device that this machine has not, and for one but the CPU with `references`.
    """
    place = resolved(device)
    if references is not None and device != AUTO and place.type != "cpu":
        raise BadInput("The search for better noise is learned on the CPU; leave --device out.")
    folder = weightfiles.find(weights)
    check_folder(out)
    if not resume and Path(out).is_dir() and any(Path(out).iterdir()):
        raise BadInput(f"{out} is there already; go on with its training by --resume, or choose another folder.")

    sources = folders_of(cohorts)
    if references is not None:
        from causaray.systems.causal_disentanglement.training.amortise import amortise

        return amortise(folder, weightfiles.find(references), sources, Path(out))
    from causaray.systems.causal_disentanglement.training.distill import distill as distill_editor

    return distill_editor(folder, sources, Path(out), place=place)
