"""`causaray reproduce neural-sde-visits`: a table of visits, found or not."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from causaray.app.cli import main
from causaray.app.verbs.reproduce import reproduce
from causaray.systems.neural_sde import real_visits
from causaray.training.recipe import recipes

pytest.importorskip("matplotlib")
OASIS = "Subject ID,MR Delay,M/F,Age,EDUC,SES,MMSE,CDR,eTIV,nWBV\n"


def scores_of_dementia(folder: Path, people: int = 24) -> Path:
    """A table as OASIS-2 has it, of people whose scores fall by one a year, more or less."""
    rng, rows = np.random.default_rng(0), ""
    folder.mkdir()
    for i in range(people):
        age, mmse = 60 + i, 29 - i % 6
        for year in range(2 + i % 2):
            score, cdr = mmse - year - rng.integers(2), 0.5 * (i % 6 > 2)
            rows += (
                f"P{i},{365 * year},{'MF'[i % 2]},{age + year},12,{'' if i % 5 else 2},{score},{cdr},1500,0.7{year}\n"
            )
    (folder / "longitudinal.csv").write_text(OASIS + rows)
    return folder


def test_visits_of_a_table_are_held_against_baselines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_visits, "BASELINE_STEPS", 2)
    plan = yaml.safe_load(recipes()["oasis"].read_text())
    plan["sde"] |= {"steps": 2, "batch": 6}
    (tmp_path / "few.yaml").write_text(yaml.safe_dump(plan))
    folder, told = scores_of_dementia(tmp_path / "oasis"), list[str]()
    found = reproduce("neural-sde-visits", tmp_path / "few.yaml", folder, tmp_path / "out", seeds=1,
                      work=tmp_path / "work", tell=told.append, command="causaray reproduce")  # fmt: skip
    assert set(found["oasis"]["models"]) == {
        "last value", "linear mixed model", "fixed-time net", "GRU", "neural SDE",
    }  # fmt: skip
    assert found["oasis"]["patients"] == 24 and found["oasis"]["models"]["last value"]["to last value"]["value"] == 1
    page = (tmp_path / "out/table.md").read_text()
    assert "Provided by OASIS" in page and "| neural SDE |" in page and told == ["oasis: seed 0"]


def test_without_its_table_the_experiment_says_so_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", "neural-sde-visits", "--cohorts", "nowhere", "--out", "out"]) == 0
    said = capsys.readouterr().out
    assert "skipped: longitudinal.csv of oasis is not in nowhere" in said and "The table is in" not in said
    assert not (tmp_path / "out").exists()
    assert main(["reproduce", "neural-sde-visits", "--recipe", "forecaster", "--out", "out"]) == 2
    assert "not of a table of visits alone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("cdr", "said"), [("", "An outcome has no value at any visit"), ("0.5", "An outcome is the same at every visit")]
)
def test_outcomes_that_tell_nothing_are_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cdr: str, said: str
) -> None:
    file = scores_of_dementia(tmp_path / "oasis") / "longitudinal.csv"
    text = file.read_text()
    for known in (",0.0,1500", ",0.5,1500"):
        text = text.replace(known, f",{cdr},1500")
    file.write_text(text)
    recipe = recipes()["oasis"].read_text().replace(" CDR, eTIV", " eTIV")  # a covariate may not be empty either
    (tmp_path / "recipe.yaml").write_text(recipe)
    asked = ["train", str(tmp_path / "recipe.yaml"), "--cohorts", str(file.parent), "--out", str(tmp_path / "out")]
    assert main(asked) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1 and not (tmp_path / "out").exists()
