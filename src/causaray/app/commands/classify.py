"""`causaray classify` on the command line."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from causaray.app.commandline import of_verb
from causaray.app.terminal import only_json, progress_bar, say_json
from causaray.app.verbs.classify import CSV, JSON
from causaray.arguments import Json


@of_verb("classify", out=Path("out"))
def classify(
    verb: partial[dict[str, Any]],
    json: Json = False,
    model_findings: Annotated[
        str | None, typer.Option(help="Of an ONNX file: what its outputs are, comma-separated, where it does not say.")
    ] = None,
    model_range: Annotated[
        str | None, typer.Option(help="Of an ONNX file: grey values that it takes: unit, imagenet or torchxrayvision.")
    ] = None,
    model_output: Annotated[
        str | None, typer.Option(help="Of an ONNX file: what it gives: probability or logit.")
    ] = None,
) -> None:
    said = {"findings": model_findings, "range": model_range, "output": model_output}
    with only_json(json), progress_bar("Classifying") as progress:
        report = verb(stated={key: value for key, value in said.items() if value is not None}, progress=progress)
    if json:
        say_json(report)
        return
    for image in report["images"]:
        likeliest = sorted(image["findings"].items(), key=lambda one: -one[1]["probability"])[:3]
        told = (f"{name} {one['probability']:.2f} ({one['reading']})" for name, one in likeliest)
        print(f"{image['image']}: {', '.join(told)}")
    print(f"All findings are in {verb.keywords['out'] / CSV} and {verb.keywords['out'] / JSON}.")
