"""`causaray train` on the command line."""

import os
from typing import Annotated

import typer

from causaray.app.arguments import Cohorts, Device, Out
from causaray.devices import AUTO


def train(
    recipe: Annotated[str, typer.Argument(help="Name of a recipe, such as cxr-128, or a YAML file.")],
    cohorts: Cohorts,
    out: Out,
    seed: Annotated[int | None, typer.Option(min=0, help="Instead of the recipe's.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoints in the folder.")] = False,
    device: Device = AUTO,
    keep: Annotated[int, typer.Option(min=1, help="Checkpoints that stay; of several the best one, too.")] = 1,
    checkpoint_every: Annotated[
        int | None, typer.Option(min=1, help="Updates between two checkpoints; else the training's own.")
    ] = None,
    track: Annotated[
        list[str] | None, typer.Option(help="Where losses go beside CSV: tensorboard, mlflow or wandb.")
    ] = None,
) -> None:
    from causaray.app.verbs.train import train

    folder = train(
        recipe,
        cohorts,
        out,
        seed=seed,
        resume=resume,
        device=device,
        keep=keep,
        checkpoint_every=checkpoint_every,
        track=track or (),
    )
    if os.environ.get("RANK", "0") == "0":
        print(f"The weights are in {folder}.")
