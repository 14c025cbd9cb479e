"""causaray draw: findings drawn on a cohort's films, as pairs whose true counterfactuals are known."""

from collections.abc import Callable, Sequence
from pathlib import Path

from causaray.cohorts import Cohort
from causaray.errors import BadInput


def draw(
    cohort: str | Path,
    findings: Sequence[str],
    out: str | Path,
    *,
    weights: str | Path = "anatomy-128",
    split: str | None = None,
    per_film: int = 1,
    limit: int | None = None,
    images: bool = False,
    seed: int = 0,
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
