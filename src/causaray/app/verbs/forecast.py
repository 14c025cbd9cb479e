"""causaray forecast: what may come of a patient under each treatment, as curves and as films."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from causaray.app.forecasting import DEFAULT, Forecasted, Patient, films_of, read_days
from causaray.app.inputs import frontal, square_side
from causaray.app.outputs import check_outputs
from causaray.arguments import Force, Out, Seed, Weights
from causaray.cohorts.columns import column_of
from causaray.counterfactual import MARK
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.imagefiles import Panel, read_scan, write_grid
from causaray.imagefiles.grid import film_png
from causaray.writing import make_folder, whole_file

if TYPE_CHECKING:
    import pandas as pd

    from causaray.systems.neural_sde.forecaster import Forecast

RECORD, PAGE = "forecast.json", "index.html"


def forecast(
    image: Annotated[str | Path, Path, typer.Argument(help="Radiograph of day 0.")],
    out: Out | None = None,
    *,
    treatments: Annotated[
        Sequence[str], list[str],
        typer.Option("--treatment", help="A treatment; may be repeated. Differences are to the last one."),
    ],
    days: Annotated[str | Sequence[float], str, typer.Option(help="Days after the image.")] = "30,90,365",
    table: Annotated[
        str | Path | None, Path, typer.Option(help="CSV file of what else is known, with a row for the image.")
    ] = None,
    weights: Weights = DEFAULT,
    editor: Annotated[
        str, typer.Option(help="Weights that show the forecast as films; none for curves alone.")
    ] = "cxr-128",
    paths: Annotated[int, typer.Option(min=20, max=10000, help="Sampled paths a treatment.")] = 100,
    seed: Seed = 0,
    force: Force = False,
) -> Forecasted:  # fmt: skip
    """Sample what may come of a patient under each treatment, and show it as films of an editor. The image is of day 0.

    With `out`, writes forecast.json, index.html (curves, differences, films under a slider) and, for each treatment,
    a filmstrip and its films, marked SYNTHETIC. A film shows the mean of the paths in words: which finding is there,
    mild, moderate or severe. Nothing here claims to know a real patient's future.

    Raises:
        BadInput: for what cannot be read, forecast or written; nothing has been written then.
    """
    days = [day for day in read_days(days) if day != 0]
    shown = None if editor == "none" else EditorSpec.read(editor)
    planned = _planned(Path(out), treatments, len(days), shown is not None) if out is not None else []
    check_outputs(planned, force, [Path(image)])
    row = None if table is None else row_of(Path(table), Path(image))

    from causaray.systems.neural_sde.forecaster import Forecaster

    forecaster = Forecaster.load(weights)
    forecaster.check(treatments, days)
    patient = Patient(forecaster, frontal(read_scan(image)), row)
    made = patient.sampled(treatments, [0.0, *days], paths, seed)
    films = {} if shown is None else films_of(patient.scan, made, shown.open("cpu"), square_side(shown), seed)
    told = patient.told(made, films)
    if planned:
        _write(Path(out), told, told.record(paths, seed), patient.curves(made, paths, seed))  # type: ignore[arg-type]
    return replace(told, files=tuple(planned))


def row_of(table: Path, image: Path) -> "pd.DataFrame":
    """The row of an image in a CSV file, whose column of images holds names of files, with or without folders.

    Raises BadInput for a table that cannot be read, has no such column, or not one row of the image.
    """
    import pandas as pd

    try:
        rows = pd.read_csv(table)
    except (OSError, ValueError) as error:
        raise BadInput(f"{table} cannot be read as a table; name a CSV file with a row for the image.") from error
    column = column_of("image", list(map(str, rows.columns)))
    if column is None:
        raise BadInput(f"{table} has no column of images, such as image; it has {', '.join(map(str, rows.columns))}.")
    found = rows[rows[column].astype(str).map(lambda name: Path(name).name) == image.name]
    if len(found) != 1:
        raise BadInput(f"{table} has {len(found)} rows for {image.name}; it needs one.")
    return found


def _planned(out: Path, treatments: Sequence[str], days: int, shown: bool) -> list[Path]:
    names = [RECORD, PAGE]
    if shown:
        names += [name for arm in treatments for name in (_strip(arm), *_films_of(arm, days))]
    return [out / name for name in names]


def _strip(arm: str) -> str:
    return f"filmstrip-{arm.replace('/', '-')}.png"


def _films_of(arm: str, days: int) -> list[str]:
    return [f"film-{arm.replace('/', '-')}-{i}.png" for i in range(days + 1)]


def _write(out: Path, told: Forecasted, record: dict[str, Any], curves: "Forecast") -> None:
    from causaray.systems.neural_sde.report import page

    make_folder(out)
    names = {arm: _films_of(arm, len(frames) - 1) for arm, frames in told.films.items()}
    for arm, frames in told.films.items():
        for i, frame in enumerate(frames):
            with whole_file(out / names[arm][i]) as beside:
                beside.write_bytes(film_png(frame, MARK if i else ""))
        write_grid([_panels(told, arm, frames)], out / _strip(arm))
    with whole_file(out / RECORD) as beside:
        beside.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    with whole_file(out / PAGE) as beside:
        beside.write_text(page(curves, told.forecast, names, told.sentences), encoding="utf-8")


def _panels(told: Forecasted, arm: str, frames: np.ndarray) -> list[Panel]:
    """Day 0 as it is, and each later day with the findings that are there in words."""
    panels = [Panel(frames[0], "day 0, as it is")]
    for i, frame in enumerate(frames[1:], 1):
        panels.append(Panel(frame, f"{arm}, day {told.forecast.days[i]:g}: {told.findings(arm, i)}", MARK))
    return panels
