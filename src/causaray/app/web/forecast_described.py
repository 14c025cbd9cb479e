"""The shapes of what the API answers about forecasts."""

from causaray.app.web.described_signs import Answer


class KnownColumn(Answer):
    """What may be known of a patient: one of `values`, or a number where there are none."""

    name: str
    values: list[str]


class Treatments(Answer):
    """What the forecaster was trained on: up to `horizon` days, and the lowest and highest value of each outcome."""

    weights: str
    phantoms: bool
    treatments: list[str]
    outcomes: list[str]
    ranges: list[list[float]]
    horizon: float
    columns: list[KnownColumn]
