"""The options that several verbs of the command line share."""

from pathlib import Path
from typing import Annotated

import typer

Prompt = Annotated[str, typer.Option(help='What to show, such as "moderate left pleural effusion" or "no pneumonia".')]
Out = Annotated[Path, typer.Option(help="Folder for the results.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same images.")]
Strength = Annotated[float, typer.Option(min=0, max=1, help="How much may change; 0 is nothing.")]
WeightsOption = Annotated[str, typer.Option(help="Name of shipped weights, or a weights folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Force = Annotated[bool, typer.Option("--force", help="Replace results that are there already.")]
