"""causaray draw: findings drawn on a cohort's films, as pairs whose true counterfactuals are known."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from causaray.arguments import Out, Seed
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
    correlation: Annotated[
        float | None, typer.Option(min=0.5, max=1, help="How often the finding and an artifact go together.")
    ] = None,
    artifact: Annotated[str | None, typer.Option(help="With --correlation: pacemaker (the default) or letter.")] = None,
    progress: Callable[[int, int], None] | None = None,
) -> Cohort:
    """Write pairs of film and film with a drawn finding to the folder `out`, as a prepared cohort with its truth.

    `images` writes them as PNG files too, with pairs.csv, for editors that read files. Everything else is as for
    `cohorts.drawn.prepare_pairs`, and so is what raises BadInput. With a correlation, films with and without the one
    finding and an artifact are written instead, as `cohorts.planted_films.prepare_planted_films` does.
    """
    if not findings:
        raise BadInput('Say what to draw by --findings, such as "moderate left pleural effusion".')
    if correlation is None and artifact is not None:
        raise BadInput("Say by --correlation how often this artifact is to go with the finding.")
    if correlation is not None:
        if len(findings) != 1 or images or per_film != 1:
            raise BadInput("A correlation is planted between one finding and an artifact; give --findings once, and "
                           "neither --images nor --per-film.")  # fmt: skip
        from causaray.cohorts.planted_films import PACEMAKER, prepare_planted_films

        return prepare_planted_films(
            cohort, findings[0], correlation, out, artifact=artifact or PACEMAKER, weights=weights, split=split,
            limit=limit, seed=seed, progress=progress,
        )  # fmt: skip
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
