"""`causaray train` on the command line."""

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
) -> None:
    from causaray.app.verbs.train import train

    folder = train(recipe, cohorts, out, seed=seed, resume=resume, device=device)
    print(f"The weights are in {folder}.")
