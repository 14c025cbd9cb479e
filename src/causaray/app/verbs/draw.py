"""causaray draw: findings drawn on a cohort's films, as pairs whose true counterfactuals are known."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from causaray.app.arguments import Out, Seed
from causaray.cohorts import Cohort
from causaray.errors import BadInput


def draw(
    cohort: Annotated[
        str | Path, Path, typer.Argument(help="Folder written by `prepare`, on whose frontal films is drawn.")
    ],
    findings: Annotated[
        Sequence[str],
        list[str],
        typer.Option(help='What to draw, such as "moderate left pleural effusion"; may be given several times.'),
    ],
    out: Out,
    *,
    weights: Annotated[
        str | Path, str, typer.Option(help="Net of coordinates: a shipped name, or a weights folder.")
    ] = "anatomy-128",
    split: Annotated[str | None, typer.Option(help="Draw on one split alone: train, val or test.")] = None,
    per_film: Annotated[int, typer.Option(min=0, help="Requests a film; 0 draws every one on every film.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many films.")] = None,
    images: Annotated[bool, typer.Option("--images", help="Write the pairs as PNG files, too.")] = False,
    seed: Seed = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Cohort:
    """Write pairs of film and film with a drawn finding to the folder `out`, as a prepared cohort with its truth.

    `images` writes them as PNG files too, with pairs.csv, for editors that read files. Everything else is as for
    `cohorts.drawn.prepare_pairs`, and so is what raises BadInput.
    """
    if not findings:
        raise BadInput('Say what to draw by --findings, such as "moderate left pleural effusion".')
    from causaray.cohorts.drawn import prepare_pairs
    from causaray.cohorts.drawn_images import write_images

    made = prepare_pairs(
        cohort,
        findings,
        out,
        weights=weights,
        split=split,
        per_film=per_film,
        limit=limit,
        seed=seed,
        progress=progress,
    )
    if images:
        write_images(made, Path(out))
    return made
