"""`causaray augment` on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from causaray.app.arguments import Device, Out, Seed, Strength, Weights
from causaray.app.terminal import progress_bar
from causaray.devices import AUTO
from causaray.experiments.augment import augment as augment_cohort


def augment(
    cohort: Annotated[Path, typer.Argument(help="Folder written by `prepare`; its split train is balanced.")],
    out: Out,
    weights: Weights = "cxr-128",
    findings: Annotated[
        list[str] | None, typer.Option("--finding", help="Which to balance; may be given several times.")
    ] = None,
    to: Annotated[
        int | None, typer.Option(min=1, help="Images to show each finding; else as many as the most.")
    ] = None,
    seed: Seed = 0,
    strength: Strength = 0.7,
    references: Annotated[
        str | None, typer.Option(help="Chest encoder with centroids: optimise the noise toward them.")
    ] = None,
    engine: Annotated[str, typer.Option(help="Of that optimisation: gradient, search or amortised.")] = "search",
    device: Device = AUTO,
) -> None:
    with progress_bar("Making") as progress:
        made = augment_cohort(
            cohort, out, weights=weights, findings=findings or (), to=to, seed=seed, strength=strength,
            references=references, engine=engine, device=device, progress=progress,
        )  # fmt: skip
    print(
        f"{out}: {len(made)} synthetic images of {made.name}; train on them with `--cohorts {cohort} --cohorts {out}`"
    )
