"""`causaray prepare` on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from causaray.app.arguments import Out
from causaray.app.terminal import progress_bar
from causaray.cohorts import prepare as prepare_cohort


def prepare(
    source: Annotated[Path, typer.Argument(help="Cohort: a folder of images with a CSV table, or folders of such.")],
    out: Out,
    size: Annotated[int, typer.Option(min=32, help="Side of the images in pixels.")] = 128,
    columns: Annotated[Path | None, typer.Option(help="YAML file that says which column is what.")] = None,
    open_only: Annotated[bool, typer.Option("--open-only", help="Only images with an open licence.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Images read at a time.")] = 2,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out unreadable images, however many.")] = False,
) -> None:
    said: list[str] = []
    with progress_bar("Preparing") as progress:
        cohort = prepare_cohort(source, out, size, columns, open_only, jobs, skip_bad, progress, said.append)
    for sentence in said:
        print(sentence)
    print(f"{out}: {len(cohort)} images of {cohort.name} at {size} x {size}")
