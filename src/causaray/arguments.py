"""The arguments that several verbs share: what a function takes, what the command line makes of the text, its help."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from causaray.findings import Findings

Prompt = Annotated[
    str | Findings, str,
    typer.Option(help='What to show, such as "moderate left pleural effusion" or "no pneumonia".'),
]  # fmt: skip
Cohorts = Annotated[
    str | Path | Sequence[str | Path], list[Path],
    typer.Option(help="Folder written by `prepare`; may be given several times."),
]  # fmt: skip
Out = Annotated[str | Path, Path, typer.Option(help="Folder for the results.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same images.")]
Strength = Annotated[float, typer.Option(min=0, max=1, help="How much may change; 0 is nothing.")]
Weights = Annotated[str | Path, str, typer.Option(help="Name of shipped weights, or a weights folder.")]
Device = Annotated[str, typer.Option(help="Where models run: auto (a GPU where there is one), cpu, cuda, cuda:N, mps.")]
Force = Annotated[bool, typer.Option("--force", help="Replace results that are there already.")]
Watermark = Annotated[
    bool, typer.Option("--watermark/--no-watermark", help="Put an invisible watermark into the synthetic image.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
ShardOf = Annotated[
    str | None, typer.Option("--shard", help="Do a part of the work: 3/64 is the fourth of 64 jobs.")
]  # fmt: skip
Executor = Annotated[str, typer.Option(help="Who makes shards: processes, or ray.")]
Title = Annotated[str, typer.Option(help="Our AE title.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds that the other end may be silent.")]
JudgeName = Annotated[
    str | Path, str, typer.Option(help="Name of a shipped judge, or the weights folder of another.")
]  # fmt: skip
ToEach = Annotated[
    int | None, typer.Option(min=1, help="Images to show each finding; else as many as the most.")
]  # fmt: skip
Split = Annotated[str, typer.Option(help="Which rows to measure on.")]


def folders_of(cohorts: str | Path | Sequence[str | Path]) -> list[Path]:
    """The folders of cohorts, where one may stand for itself."""
    return [Path(one) for one in ([cohorts] if isinstance(cohorts, str | Path) else cohorts)]
