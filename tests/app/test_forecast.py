"""`causaray train` of a forecaster, and `causaray forecast`."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import causaray
from causaray import BadInput
from causaray.app.cli import main
from causaray.app.forecasting import in_words, request_of
from causaray.cohorts.phantom import prepare_phantom

RECIPE = """
name: tiny
method: neural-sde
horizon: 40
encoder: {steps: 2, batch: 6, lr: 0.001, width: 8, features: 4}
sde: {steps: 2, batch: 16, lr: 0.001, paths: 2, patient: 4, hidden: 8, latent: 4}
"""


@pytest.fixture(scope="session")
def forecaster(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("forecaster")
    prepare_phantom(folder / "cohort", 60, size=32, common=0.6)
    (folder / "tiny.yaml").write_text(RECIPE)
    return causaray.train(folder / "tiny.yaml", folder / "cohort", folder / "run")


def test_a_forecast_is_written(forecaster: Path, editor_folder: Path, png: Path, tmp_path: Path) -> None:
    table = pd.DataFrame({"image": [f"films/{png.name}", "other.png"], "age": [60, 30], "sex": ["F", "M"]})
    columns = json.loads((forecaster / "config.json").read_text())["model"]["columns"]
    for name, _ in columns:
        table[name] = table.get(name, 0.3)
    table.to_csv(tmp_path / "table.csv", index=False)
    options = {"treatments": ["A", "none"], "days": "5,30", "weights": forecaster, "editor": str(editor_folder)}
    made = causaray.forecast(png, tmp_path / "out", table=tmp_path / "table.csv", **options)
    assert all(file.is_file() for file in made.files) and len(made.files) == 2 + 2 * 4
    record = json.loads((tmp_path / "out" / "forecast.json").read_text())
    assert (
        record["days"] == [0, 5, 30]
        and set(record["arms"]) == {"A", "none"}
        and set(record["differences"]) == {"A - none"}
    )
    assert "nothing here claims to know a real patient's future" in record["statement"][0]
    page = (tmp_path / "out" / "index.html").read_text()
    assert 'type="range"' in page and "film-A-2.png" in page and "phantoms" in page
    again = causaray.forecast(png, table=tmp_path / "table.csv", **options)
    assert np.array_equal(again.forecast.paths["A"], made.forecast.paths["A"])
    without = causaray.forecast(png, **options | {"editor": "none"})
    assert without.films == {} and "No table was given" in without.sentences[-1]


def test_what_cannot_be_forecast_is_said(forecaster: Path, png: Path, tmp_path: Path) -> None:
    (tmp_path / "strange.csv").write_text("image,age\nother.png,3\n")
    (tmp_path / "text.csv").write_text(f"image,age\n{png.name},old\n")
    options = {"treatments": ["A"], "days": "5", "weights": forecaster, "editor": "none"}
    for changes, message in [
        ({"treatments": ["C"]}, 'Treatment "C" was never seen in training; known are none, A, B'),
        ({"treatments": ["A", "A"]}, "each of them once"),
        ({"days": "-3,5"}, "Day -3 lies before the image"),
        ({"days": "30,5"}, "each later than the one before"),
        ({"days": "5,900"}, "Day 900 lies beyond the"),
        ({"days": "soon"}, "are no days"),
        ({"table": tmp_path / "strange.csv"}, "has 0 rows for patient.png"),
        ({"table": tmp_path / "text.csv"}, 'Column age of the table holds "old" where a number is needed'),
        ({"weights": "judge-224"}, "holds weights of method judge"),
    ]:
        with pytest.raises(BadInput, match=message):
            causaray.forecast(png, tmp_path / "out", **options | changes)
    assert not (tmp_path / "out").exists()


def test_on_the_command_line(forecaster: Path, png: Path, tmp_path: Path, capsys) -> None:
    command = ["forecast", str(png), "--treatment", "B", "--treatment", "none", "--days", "5", "--editor", "none"]
    assert main([*command, "--weights", str(forecaster), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "By the model, B less none on day 5" in said and "index.html" in said


def test_an_editor_is_asked_for_what_changes_alone() -> None:
    outcomes = ("Edema", "Atelectasis", "MMSE")
    before, after = (in_words(outcomes, np.array(s)) for s in ([0.5, 0.2, 29], [0.05, 0.3, 20]))
    assert before == {"Edema": "moderate", "Atelectasis": "mild"} and after["Edema"] is None
    assert request_of(before, after, ["Edema", "Atelectasis"]).to_text() == "no edema"
    assert len(request_of(before, after, ["Atelectasis"])) == 0


def test_a_table_of_visits_is_learned_from(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [{"who": i, "day": day, "score": rng.random(), "age": 50 + i} for i in range(24) for day in (0, 20)]
    pd.DataFrame(rows).to_csv(tmp_path / "visits.csv", index=False)
    (tmp_path / "table.yaml").write_text(
        f"name: table\nmethod: neural-sde\nvisits: {{file: {tmp_path / 'visits.csv'}, patient: who, time: day, "
        "outcomes: [score], covariates: [age]}\nsde: {steps: 2, batch: 8, lr: 0.001, paths: 2, hidden: 8, kl: 0.1}\n"
    )
    folder = causaray.train(tmp_path / "table.yaml", [], tmp_path / "run")
    assert json.loads((folder / "config.json").read_text())["names"] == ["score"]
