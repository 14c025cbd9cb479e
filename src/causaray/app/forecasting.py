"""What may come of one film under each treatment: sampled outcomes, and films of an editor that show them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import NAMES, Findings
from causaray.scan import Scan

if TYPE_CHECKING:
    import pandas as pd

    from causaray.editors.protocol import Editor
    from causaray.systems.neural_sde.forecaster import Forecast, Forecaster

DEFAULT = "forecast-phantom-64"
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

    def findings(self, treatment: str, i: int) -> str:
        """What the mean of the paths shows on day number i of the forecast, such as "mild edema"."""
        words = in_words(self.forecast.outcomes, self.forecast.summary(treatment)["value"][i])
        return ", ".join(f"{word} {name.lower()}" for name, word in words.items() if word) or "no finding"

    def record(self, paths: int, seed: int) -> dict[str, Any]:
        """What forecast.json holds (docs/formats.md); how many paths were sampled, and from which seed."""
        from causaray.systems.neural_sde.report import as_record

        about = {"weights": self.weights, "digest": self.digest, "seed": seed, "paths": paths,
                 "synthetic": True, "statement": list(self.sentences)}  # fmt: skip
        return as_record(self.forecast, about)


@dataclass(frozen=True, eq=False)
class Patient:
    """The film of day 0, as a forecaster sees it, and what else is known of its patient.

    row: a table of one row with the columns that the weights know, or None where nothing is known.
    """

    forecaster: "Forecaster"
    scan: Scan
    row: "pd.DataFrame | None" = None

    def sampled(self, treatments: Sequence[str], days: Sequence[float], paths: int, seed: int) -> "Forecast":
        """The outcomes on some days. Raises BadInput as `Forecaster.forecast` and `table_values` do."""
        from causaray.app.editing import as_tensor

        size = self.forecaster.size
        seen = None if size is None else as_tensor([self.scan.square(size)])
        return self.forecaster.forecast(seen, self.forecaster.values(self.row), treatments, days, paths, seed)

    def curves(self, made: "Forecast", paths: int, seed: int) -> "Forecast":
        """The outcomes on the many days of a curve, until the last day of a forecast."""
        days = np.linspace(0, made.days[-1], CURVE_DAYS).tolist()
        return self.sampled(list(made.paths), days, paths, seed)

    def told(self, made: "Forecast", films: Mapping[str, np.ndarray]) -> Forecasted:
        """A forecast with its films, and how far to trust both."""
        config = self.forecaster.config
        sentences = _sentences(self.forecaster, made, self.row is not None, bool(films))
        return Forecasted(made, dict(films), sentences, str(config["name"]), self.forecaster.digest)


def read_days(days: str | Sequence[float]) -> list[float]:
    """Days of text such as "30,90,365", or as they are. Raises BadInput for what is no number."""
    if not isinstance(days, str):
        return [float(day) for day in days]
    try:
        return [float(day) for day in days.split(",")]
    except ValueError:
        raise BadInput(f'"{days}" are no days; write numbers with commas between, such as 30,90,365.') from None


def films_of(
    scan: Scan, made: "Forecast", editor: "Editor", size: int, seed: int,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, np.ndarray]:  # fmt: skip
    """The films (1 + T, size, size) of each treatment, in [0, 1]; days with one request are edited once.

    size: side in pixels of the images that the editor takes; tell: called with (films edited, films to edit).
    """
    from causaray.app.editing import as_tensor
    from causaray.editors.edit import EditRequest

    square = as_tensor([scan.square(size)])
    requests = {arm: _requests(made, arm, editor.names) for arm in made.paths}
    asked = {one.to_text(): one for arm in requests.values() for one in arm if len(one)}
    edited = {"": square[0, 0].numpy()}
    for i, (text, request) in enumerate(asked.items()):
        tell(i, len(asked))
        edited[text] = editor.edit(square, EditRequest(request, seed=seed)).counterfactual[0, 0].numpy()
    return {arm: np.stack([edited[one.to_text()] for one in asked_of]) for arm, asked_of in requests.items()}


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


def _requests(made: "Forecast", arm: str, known: Sequence[str]) -> list[Findings]:
    words = [in_words(made.outcomes, severities) for severities in made.summary(arm)["value"]]
    return [request_of(words[0], one, known) for one in words]


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
