"""`causaray evaluate` on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from causaray import weightfiles
from causaray.app.arguments import Device, Out, Seed, Strength
from causaray.app.terminal import command_line, progress_bar
from causaray.devices import AUTO


def evaluate(
    cohorts: Annotated[list[Path], typer.Option(help="Folder written by `prepare`; may be given several times.")],
    out: Out,
    weights: Annotated[
        str | None, typer.Option(help="Name of shipped weights, or a weights folder; cxr-128 unless --edited.")
    ] = None,
    edited: Annotated[
        Path | None, typer.Option(help="Instead of weights: images edited by any other editor, and edits.csv.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="A second editor beside the first: weights, or such a folder of edits.")
    ] = None,
    judge: Annotated[
        str, typer.Option(help="Name of the shipped judge, or the weights folder of another.")
    ] = weightfiles.JUDGE,
    split: Annotated[str, typer.Option(help="Which rows to measure on.")] = "test",
    suite: Annotated[str, typer.Option(help="Families of measures (docs/formats.md), comma-separated.")] = "all",
    limit: Annotated[int | None, typer.Option(min=8, help="At most so many images a cohort.")] = None,
    seed: Seed = 0,
    strength: Strength = 0.7,
    allow_trained: Annotated[
        bool, typer.Option("--allow-trained", help="Measure on patients that the weights have learned from, too.")
    ] = False,
    references: Annotated[
        str | None, typer.Option(help="Chest encoder toward whose centroids the noise of added findings is optimised.")
    ] = None,
    engine: Annotated[str, typer.Option(help="Of that optimisation: gradient, search or amortised.")] = "search",
    steps: Annotated[
        int | None, typer.Option(min=1, help="Denoising steps of an edit by --weights, instead of their own.")
    ] = None,
    device: Device = AUTO,
) -> None:
    if weights and _of_digits(weights):
        from causaray.systems.causal_disentanglement.digits.evaluate import evaluate_digits

        evaluate_digits(weights, cohorts[0], Path(out), limit=limit, seed=seed, command=command_line())
        print(f"To read: {Path(out, 'results.md')}.")
        return
    from causaray.evaluation.evaluate import evaluate
    from causaray.evaluation.suite import SUITES

    families = SUITES if suite == "all" else suite.split(",")
    with progress_bar("Evaluating") as progress:
        evaluate(
            weights or (None if edited else "cxr-128"), cohorts, out, edited=edited, against=against, judge=judge,
            split=split, suite=families, limit=limit, seed=seed, strength=strength,
            allow_trained=allow_trained, references=references, engine=engine, steps=steps, device=device,
            command=command_line(),
            progress=lambda what, done, total: progress(done, total, what),
        )  # fmt: skip
    print(f"To read: {Path(out, 'index.html')}. The same figures, with stable keys: {Path(out, 'metrics.json')}.")


def _of_digits(weights: str) -> bool:
    from causaray.errors import BadInput

    try:
        return weightfiles.config(weightfiles.find(weights)).get("method") == "attributes"
    except BadInput:
        return False  # said in one sentence by whoever needs them
