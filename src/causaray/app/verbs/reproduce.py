"""causaray reproduce: the paper's own experiments, on the cohorts given."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from causaray import weightfiles
from causaray.errors import BadInput
from causaray.writing import check_folder


def reproduce(
    name: str,
    recipe: str | Path,
    cohorts: Sequence[str | Path],
    out: str | Path,
    *,
    judge: str = "judge-128",
    references: str | Path | None = None,
    seeds: int = 3,
    limit: int | None = None,
    work: str | Path = "runs",
    command: str = "",
    tell: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train and measure every row of an experiment of the paper; write <name>.json, .md and .png to `out`.

    Args:
        name: "table1" (quality of the images, beside baselines), "table2" (effect by finding, beside baselines),
            "table4" (each module of the method), "table5" (a classifier trained on what `augment` makes), "fig9"
            (latent channels by layers of T) or "reports" (a prior told labels, refined reports or raw ones).
        recipe: what the rows change: name of a recipe, or a YAML file.
        cohorts: folders that `prepare` or `phantom` has written; trained on split train, measured on split test.
        out: folder of the page.
        judge: name or folder of the judge's weights.
        references: chest encoder with centroids (name or folder), for the rows that optimise the noise; they are left
            out without it.
        seeds: how many trainings of each row.
        limit: at most so many images a cohort.
        work: folder of the trainings, which a stopped run goes on from.
        command: the command line, to be printed above the figures.
        tell: called with what is being done.

    Returns: row -> figure -> mean, deviation and values.

    Raises:
        BadInput: for an unknown experiment, and whatever `train` and `evaluate` refuse.
    """
    check_folder(out)
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise BadInput("The plots need matplotlib: `pip install 'causaray[research]'` brings it.") from error

    from causaray.reproduction.page import write_table
    from causaray.reproduction.rows import Setting
    from causaray.reproduction.tables import EXPERIMENTS

    if name not in EXPERIMENTS:
        raise BadInput(f"There is no experiment {name}; known are {', '.join(EXPERIMENTS)}.")
    encoder = weightfiles.find(references) if references is not None else None
    folders = [Path(folder) for folder in cohorts]
    setting = Setting.of(recipe, folders, judge, seeds, limit, Path(work), encoder)
    found, figures = EXPERIMENTS[name](setting, tell)
    about = {
        "command": command, "recipe": setting.recipe.name, "cohorts": ", ".join(f.name for f in folders),
        "judge": judge, "seeds": seeds, "limit": limit,
    }  # fmt: skip
    write_table(name, about, found, figures, Path(out))
    return dict(found)
