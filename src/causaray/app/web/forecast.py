"""Forecasts over the web: what may come of a film under each treatment, a job like any other."""

import base64
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from fastapi import FastAPI, Request, Response

from causaray import weightfiles
from causaray.app.forecasting import DEFAULT, Forecasted, Patient, films_of
from causaray.app.web.described import REFUSALS, Responses
from causaray.app.web.forecast_described import KnownColumn, Treatments
from causaray.app.web.forecast_form import ForecastForm
from causaray.app.web.form import read_form
from causaray.app.web.routes import FORECAST
from causaray.app.web.service import Service
from causaray.app.web.waiting import LINES, told_in_lines
from causaray.counterfactual import MARK
from causaray.errors import BadInput
from causaray.imagefiles.grid import film_png
from causaray.systems.neural_sde import METHOD
from causaray.worker import Job

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from causaray.app.editing import EditingPipeline
    from causaray.systems.neural_sde.forecaster import Forecast, Forecaster

ABOUT = """\
Lines of JSON: {"before", "left"} while it waits, {"done", "total"} while films are edited; then {"forecast", "curves",
"films", "findings", "html"}: forecast.json of docs/formats.md, the same of the days of a curve, by treatment the PNGs
in base64 (day 0 first, as it is; the others marked SYNTHETIC) and what they show in words, and a page of all; or
{"error"}."""


@dataclass(frozen=True)
class ServedForecaster:
    """Weights of a forecaster, found and looked at but not opened. model: what their config.json says of them."""

    folder: Path
    model: dict[str, Any]
    phantoms: bool

    @classmethod
    def read(cls, weights: str | Path = DEFAULT) -> Self:
        """Of the name of shipped weights, or of a folder. Raises BadInput where it holds no forecaster."""
        folder = weightfiles.find(weights)
        config = weightfiles.config(folder)
        if config.get("method") != METHOD:
            raise BadInput(f"{folder.name} holds no forecaster; name weights that forecast, such as {DEFAULT}.")
        return cls(folder, config["model"], bool(config["phantoms"]))

    @cached_property
    def opened(self) -> "Forecaster":
        """The forecaster, whose weights are read when it is asked for the first time."""
        from causaray.systems.neural_sde.forecaster import Forecaster

        return Forecaster.load(self.folder)

    def facts(self) -> Treatments:
        """What may be asked for."""
        columns = [KnownColumn(name=name, values=[*values]) for name, values in self.model["columns"]]
        return Treatments(
            weights=self.folder.name, phantoms=self.phantoms, treatments=self.model["treatments"],
            outcomes=self.model["outcomes"], ranges=self.model["ranges"], horizon=self.model["horizon"],
            columns=columns,
        )  # fmt: skip

    def row(self, known: dict[str, Any]) -> "pd.DataFrame | None":
        """A table of one row with all columns; None where nothing is known. Raises BadInput for another column."""
        names = [name for name, _ in self.model["columns"]]
        if strange := [name for name in known if name not in names]:
            raise BadInput(f'There is no column "{strange[0][:40]}"; the columns are {", ".join(names)}.')
        if not known:
            return None
        import pandas as pd

        return pd.DataFrame([known]).reindex(columns=names)


def put_forecast(app: FastAPI, service: Service, served: ServedForecaster) -> None:
    """Put forecasts onto the application of the API."""
    answers: Responses = {200: {"content": {LINES: {"schema": {"type": "string"}}}, "description": ABOUT}, **REFUSALS}
    few: Responses = {status: REFUSALS[status] for status in (401, 403, 413, 500)}

    @app.get(FORECAST, summary="What may be forecast.", responses=few)
    async def facts() -> Treatments:
        return served.facts()

    asked_by = {"requestBody": ForecastForm.described()}

    @app.post(FORECAST, summary="Forecast a patient.", openapi_extra=asked_by, responses=answers)
    async def forecast(request: Request) -> Response:
        if service.full or app.state.arriving.locked():
            raise service.busy()
        async with app.state.arriving:
            form = await read_form(request, ForecastForm)
        work = partial(_forecast, form, service, served)
        return await told_in_lines(partial(service.run, work), service.ahead, request, dict)


def _forecast(
    form: ForecastForm,
    service: Service,
    served: ServedForecaster,
    pipeline: "EditingPipeline",
    job: Job[dict[str, Any]],
) -> dict[str, Any]:
    """The last line of the answer. Raises BadInput for what cannot be read or forecast, and Cancelled."""
    served.opened.check(form.treatment, form.after)
    patient = Patient(served.opened, service.read(form.image), served.row(form.cells))
    made = patient.sampled(form.treatment, [0.0, *form.after], form.paths, form.seed)
    films = films_of(patient.scan, made, pipeline.editor, pipeline.size, form.seed, job.tell)
    told = patient.told(made, films)
    return _answer(told, patient.curves(made, form.paths, form.seed), form)


def _answer(told: Forecasted, curves: "Forecast", form: ForecastForm) -> dict[str, Any]:
    from causaray.systems.neural_sde.report import as_record, page

    films = {arm: _pngs(frames) for arm, frames in told.films.items()}
    sources = {arm: [f"data:image/png;base64,{one}" for one in pngs] for arm, pngs in films.items()}
    days = range(len(told.forecast.days))
    return {
        "forecast": told.record(form.paths, form.seed),
        "curves": as_record(curves, {}),
        "films": films,
        "findings": {arm: [told.findings(arm, i) for i in days] for arm in told.forecast.paths},
        "html": page(curves, told.forecast, sources, told.sentences),
    }


def _pngs(frames: "np.ndarray") -> list[str]:
    """Films (1 + T, S, S) as PNGs in base64, all but the first marked."""
    return [base64.b64encode(film_png(film, MARK if i else "")).decode() for i, film in enumerate(frames)]
