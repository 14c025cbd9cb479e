"""The verb `audit` on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from causaray.app.options import Out, Seed, WeightsOption
from causaray.app.terminal import command_line, progress_bar


def audit(
    model: Annotated[Path, typer.Argument(help="The classifier: an ONNX file, or a folder with --architecture.")],
    images: Annotated[Path, typer.Argument(help="Folder of images, or cohort written by `prepare` (split test).")],
    out: Out,
    finding: Annotated[
        list[str] | None, typer.Option(help="Which to audit; may be given several times. Else all in common.")
    ] = None,
    architecture: Annotated[str | None, typer.Option(help="Of safetensors: judge or resnet.")] = None,
    weights: WeightsOption = "cxr-128",
    limit: Annotated[int | None, typer.Option(min=2, help="At most so many images, drawn at random.")] = None,
    seed: Seed = 0,
    model_findings: Annotated[
        str | None, typer.Option(help="What its outputs are, comma-separated, where it does not say.")
    ] = None,
    model_range: Annotated[
        str | None, typer.Option(help="Grey values that it takes: unit, imagenet or torchxrayvision.")
    ] = None,
    model_output: Annotated[str | None, typer.Option(help="What it gives: probability or logit.")] = None,
    threshold: Annotated[str | None, typer.Option(help="Probability from which on it says yes.")] = None,
) -> None:
    """Audit a classifier: does it answer to the disease, or to devices and letters beside it?"""
    from causaray.app.verbs.audit import audit

    said = {"findings": model_findings, "range": model_range, "output": model_output, "threshold": threshold}
    stated = {key: value for key, value in said.items() if value is not None}
    with progress_bar("Auditing") as progress:
        report = audit(
            model, images, out, finding=finding or (), architecture=architecture, weights=weights, limit=limit,
            seed=seed, stated=stated, command=command_line(), progress=progress,
        )  # fmt: skip
    print(f"To read: {out / 'report.html'}; {', '.join(report['findings'])}, figures in {out / 'audit.json'}.")
