"""The form of a forecast."""

import json
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field

from causaray.app.forecasting import read_days
from causaray.app.web.form import ImageForm
from causaray.app.web.orders import QUOTED, Seed
from causaray.errors import BadInput

MOST_TREATMENTS, MOST_DAYS = 6, 12
FEWEST_PATHS, MOST_PATHS = 20, 1000
LARGEST = 1e15
"""No number that is known is as large."""


def _few(treatments: list[str]) -> list[str]:
    if not 0 < len(treatments) <= MOST_TREATMENTS:
        raise BadInput(f"A forecast takes 1 to {MOST_TREATMENTS} treatments, here are {len(treatments)}.")
    return treatments


def _few_days(text: str) -> str:
    if (count := len(read_days(text))) > MOST_DAYS:
        raise BadInput(f"A forecast takes up to {MOST_DAYS} days, here are {count}.")
    return text


def _paths(text: str | int) -> int:
    if not (str(text).isascii() and str(text).isdecimal() and FEWEST_PATHS <= int(text) <= MOST_PATHS):
        raise BadInput(f'"{str(text)[:QUOTED]}" paths are not {FEWEST_PATHS} to {MOST_PATHS}.')
    return int(text)


def _cells(text: str) -> dict[str, Any]:
    """The object in a text of JSON; nothing in an empty one. Raises BadInput for what are no cells of a table."""
    try:
        known = json.loads(text or "{}")
    except (ValueError, RecursionError):
        known = None
    if not isinstance(known, dict) or not all(map(_is_cell, known.values())):
        raise BadInput('What is known is no JSON object of numbers and texts, such as {"age": 60, "sex": "F"}.')
    return known


def _is_cell(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int | float) and abs(value) < LARGEST)


def _known(text: str) -> str:
    _cells(text)
    return text


class ForecastForm(ImageForm):
    """The film of day 0, treatments, days, and what is known of the patient."""

    most_texts: ClassVar[int] = 4 + 2 * MOST_TREATMENTS
    treatment: Annotated[
        list[str],
        Field(
            min_length=1,
            max_length=MOST_TREATMENTS,
            description="One of GET /v1/forecast; may be repeated. Differences are to the last one.",
        ),
        BeforeValidator(_few),
    ]
    days: Annotated[str, AfterValidator(_few_days), Field(description="Days after the film, with commas.")] = (
        "30,90,365"
    )
    seed: Seed = 0
    paths: Annotated[
        int,
        BeforeValidator(_paths),
        Field(json_schema_extra={"minimum": FEWEST_PATHS, "maximum": MOST_PATHS}, description="Sampled a treatment."),
    ] = 100
    known: Annotated[
        str,
        AfterValidator(_known),
        Field(description='What is known, by columns of GET /v1/forecast, as JSON: {"age": 60, "sex": "F"}.'),
    ] = ""

    @property
    def after(self) -> list[float]:
        """The days after day 0."""
        return [day for day in read_days(self.days) if day != 0]

    @property
    def cells(self) -> dict[str, Any]:
        """What is known, by column."""
        return _cells(self.known)
