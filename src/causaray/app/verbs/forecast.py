"""causaray forecast: what may come of a patient under each treatment, as curves and as films."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from causaray.app.arguments import Force, Out, Seed, Weights
from causaray.app.inputs import frontal, square_side
from causaray.app.outputs import check_outputs
from causaray.cohorts.columns import column_of
from causaray.counterfactual import MARK
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import NAMES, Findings
from causaray.imagefiles import Panel, read_scan, write_grid
from causaray.imagefiles.grid import film_png
from causaray.scan import Scan
from causaray.writing import make_folder, whole_file

if TYPE_CHECKING:
    import pandas as pd

    from causaray.systems.neural_sde.forecaster import Forecast

DEFAULT = "forecast-phantom-64"
RECORD, PAGE = "forecast.json", "index.html"
CURVE_DAYS = 40
"""Days of a curve."""
PRESENT, MODERATE, SEVERE = 0.12, 0.4, 0.7
"""Severities from which a finding is shown, and from which it is called moderate, and severe."""


@dataclass(frozen=True, eq=False)
class Forecasted:
    """What may come of a patient: the sampled outcomes, the films, and what was said and written.

    films: treatment -> (1 + T, S, S) in [0, 1], the film itself first; empty without an editor. sentences: how
    confident the model is, and what it must not be taken for.
    """

    forecast: "Forecast"
    films: dict[str, np.ndarray]
    sentences: tuple[str, ...]
    weights: str
    digest: str
    files: tuple[Path, ...] = ()


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

    from causaray.app.editing import as_tensor
    from causaray.systems.neural_sde import report
    from causaray.systems.neural_sde.forecaster import Forecaster

    forecaster = Forecaster.load(weights)
    forecaster.check(treatments, days)
    scan = frontal(read_scan(image))
    seen = None if forecaster.size is None else as_tensor([scan.square(forecaster.size)])
    values = forecaster.values(row)
    made = forecaster.forecast(seen, values, treatments, [0.0, *days], paths, seed)
    films = {} if shown is None else _films(scan, made, shown, seed)
    sentences = _sentences(forecaster, made, row is not None, films != {})
    if planned:
        curve_days = np.linspace(0, days[-1], CURVE_DAYS).tolist()
        curves = forecaster.forecast(seen, values, treatments, curve_days, paths, seed)
        about = {"weights": weights_name(forecaster), "digest": forecaster.digest, "seed": seed, "paths": paths,
                 "synthetic": True, "statement": list(sentences)}  # fmt: skip
        _write(Path(out), made, films, report.as_record(made, about), sentences, curves)  # type: ignore[arg-type]
    return Forecasted(made, films, sentences, weights_name(forecaster), forecaster.digest, tuple(planned))


def read_days(days: str | Sequence[float]) -> list[float]:
    """Days of text such as "30,90,365", or as they are. Raises BadInput for what is no number."""
    if not isinstance(days, str):
        return [float(day) for day in days]
    try:
        return [float(day) for day in days.split(",")]
    except ValueError:
        raise BadInput(f'"{days}" are no days; write numbers with commas between, such as 30,90,365.') from None


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


def weights_name(forecaster: Any) -> str:
    """The name of its weights."""
    return str(forecaster.config["name"])


def in_words(outcomes: Sequence[str], severities: np.ndarray) -> dict[str, str | None]:
    """Severities (F,) in [0, 1] in words, None where a finding is absent; of the outcomes that are findings."""
    said: dict[str, str | None] = {}
    for name, severity in zip(outcomes, severities, strict=True):
        if name in NAMES:
            word = "severe" if severity >= SEVERE else "moderate" if severity >= MODERATE else "mild"
            said[name] = word if severity >= PRESENT else None
    return said


def request_of(before: dict[str, str | None], after: dict[str, str | None], known: Sequence[str]) -> Findings:
    """What an editor is asked for: those of the findings `known` of which another word is said than on day 0."""
    changed = [name for name in after if after[name] != before[name] and name in known]
    return Findings(Finding(name, "absent" if (word := after[name]) is None else "present", word) for name in changed)


def _films(scan: Scan, made: "Forecast", spec: EditorSpec, seed: int) -> dict[str, np.ndarray]:
    """The films (1 + T, S, S) of each treatment; days with one request are edited once."""
    from causaray.app.editing import as_tensor
    from causaray.editors.edit import EditRequest

    square = as_tensor([scan.square(square_side(spec))])
    editor = spec.open("cpu")
    edited: dict[str, np.ndarray] = {"": square[0, 0].numpy()}
    films = {}
    for arm in made.paths:
        words = [in_words(made.outcomes, severities) for severities in made.summary(arm)["value"]]
        requests = [request_of(words[0], one, editor.names) for one in words]
        for request in requests:
            if (text := request.to_text()) not in edited:
                image = editor.edit(square, EditRequest(request, seed=seed)).counterfactual
                edited[text] = image[0, 0].numpy()
        films[arm] = np.stack([edited[request.to_text()] for request in requests])
    return films


def _sentences(forecaster: Any, made: "Forecast", told: bool, shown: bool) -> tuple[str, ...]:
    from causaray.systems.neural_sde.report import confidence

    held = forecaster.config["held"]
    said = [
        forecaster.statement,
        f"On {held['patients']} patients that it did not learn from, its 90 % intervals held {held['cover']:.0%} of "
        f"what was seen; its error (of outcomes in [0, 1]) was {held['rmse']:.3f}, that of the last value "
        f"{held['rmse of the last value']:.3f}.",
        *confidence(made),
    ]
    if not told:
        said.append("No table was given, so that all but the image is taken as missing.")
    if shown:
        said.append("The films are synthetic: an editor shows the mean of the paths in words, not what will be.")
    return tuple(said)


def _planned(out: Path, treatments: Sequence[str], days: int, shown: bool) -> list[Path]:
    names = [RECORD, PAGE]
    if shown:
        names += [name for arm in treatments for name in (_strip(arm), *_films_of(arm, days))]
    return [out / name for name in names]


def _strip(arm: str) -> str:
    return f"filmstrip-{arm.replace('/', '-')}.png"


def _films_of(arm: str, days: int) -> list[str]:
    return [f"film-{arm.replace('/', '-')}-{i}.png" for i in range(days + 1)]


def _write(
    out: Path, made: "Forecast", films: dict[str, np.ndarray], record: dict[str, Any], sentences: Sequence[str],
    curves: "Forecast",
) -> None:  # fmt: skip
    from causaray.systems.neural_sde.report import page

    make_folder(out)
    names = {arm: _films_of(arm, len(frames) - 1) for arm, frames in films.items()}
    for arm, frames in films.items():
        for i, frame in enumerate(frames):
            with whole_file(out / names[arm][i]) as beside:
                beside.write_bytes(film_png(frame, MARK if i else ""))
        write_grid([_panels(made, arm, frames)], out / _strip(arm))
    with whole_file(out / RECORD) as beside:
        beside.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    with whole_file(out / PAGE) as beside:
        beside.write_text(page(curves, made, names, sentences), encoding="utf-8")


def _panels(made: "Forecast", arm: str, frames: np.ndarray) -> list[Panel]:
    """Day 0 as it is, and each later day with the findings that are there in words."""
    panels = [Panel(frames[0], "day 0, as it is")]
    for i, frame in enumerate(frames[1:], 1):
        words = in_words(made.outcomes, made.summary(arm)["value"][i])
        there = ", ".join(f"{word} {name.lower()}" for name, word in words.items() if word) or "no finding"
        panels.append(Panel(frame, f"{arm}, day {made.days[i]:g}: {there}", MARK))
    return panels
