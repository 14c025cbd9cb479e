"""`causaray compare` on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from causaray import weightfiles
from causaray.app.arguments import Device, Out, Seed, Strength
from causaray.app.terminal import command_line, progress_bar
from causaray.devices import AUTO
from causaray.experiments.compare import compare as compare_editors


def compare(
    editors: Annotated[
        str, typer.Option(help="Such as causal=phantom-64,prism=prior-phantom-64; kinds: docs/formats.md.")
    ],
    cohorts: Annotated[list[Path], typer.Option(help="Folder written by `prepare`; may be given several times.")],
    out: Out,
    judge: Annotated[
        str, typer.Option(help="Name of a shipped judge, or the weights folder of another.")
    ] = weightfiles.JUDGE,
    split: Annotated[str, typer.Option(help="Which rows to measure on.")] = "test",
    limit: Annotated[int, typer.Option(min=8, help="At most so many images a cohort.")] = 64,
    seed: Seed = 0,
    strength: Strength = 0.7,
    finding: Annotated[
        list[str] | None, typer.Option(help="What is added and removed; may be given several times. Else all.")
    ] = None,
    device: Device = AUTO,
) -> None:
    with progress_bar("Comparing") as progress:
        compare_editors(
            editors.split(","), cohorts, out, judge=judge, split=split, limit=limit, seed=seed, strength=strength,
            findings=finding or (), device=device, command=command_line(),
            progress=lambda what, done, total: progress(done, total, what),
        )  # fmt: skip
    print(f"To read: {Path(out, 'compare.md')}.")
