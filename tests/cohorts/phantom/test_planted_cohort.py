"""A planted correlation by command, and what is trained on its groups."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from causaray.app.cli import main
from causaray.classifiers.groups import groups_of
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import phantoms, truth
from causaray.errors import BadInput

GROUP = ["Pleural Effusion", "Support Devices"]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted") / "planted"
    command = ["phantom", "-n", "240", "--size", "32", "--correlation", "0.9", "--out", str(folder)]
    assert main(command) == 0
    return folder


def test_the_correlation_is_in_train_and_val_and_the_test_is_balanced(cohort: Path) -> None:
    table = Cohort.open(cohort).table
    learned, test = table[table["split"] != "test"], table[table["split"] == "test"]
    assert (learned[GROUP[0]] == learned[GROUP[1]]).mean() == pytest.approx(0.9)
    assert set(learned["split"]) == {"train", "val"} and not set(learned["patient"]) & set(test["patient"])
    group, names = groups_of(test, GROUP)
    assert len(names) == 4 and np.bincount(group).tolist() == [200] * 4


def test_its_rows_are_drawn_again_and_so_are_their_truths(cohort: Path) -> None:
    rows = Cohort.open(cohort).subset(mask=np.arange(1040) % 40 == 0)
    for chosen, part in phantoms(rows):
        assert np.abs(part.images.numpy() - rows.images(chosen)).max() < 1 / 255
    healthy = truth(rows, {"Pleural Effusion": None})
    changed = (healthy - torch.from_numpy(rows.images(np.arange(len(rows))))).abs().amax((1, 2, 3)) > 0
    assert changed.numpy().tolist() == (rows.table["Pleural Effusion"] == 1).tolist()


@pytest.mark.parametrize("objective", ["erm", "reweighting", "group-dro"])
def test_classifiers_are_trained_on_its_groups_by_recipe(objective: str, cohort: Path, tmp_path: Path) -> None:
    recipe = {
        "name": "mine", "method": "classifier", "backbone": "small", "size": 32, "labels": ["Pleural Effusion"],
        "fewest": 4, "objective": objective, "steps": 2, "batch": 8, "lr": 1e-3,
        **({} if objective == "erm" else {"group": ["Pleural Effusion", "artifact"]}),
    }  # fmt: skip
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    assert main(["train", str(tmp_path / "recipe.yaml"), "--cohorts", str(cohort), "--out", str(tmp_path / "out")]) == 0
    config = json.loads((tmp_path / "out/mine/config.json").read_text())
    if objective != "erm":
        counts = config["groups"]
        assert counts["Pleural Effusion 1.0, artifact 1"] > 3 * counts["Pleural Effusion 1.0, artifact 0"] > 0
    assert Judge.load(tmp_path / "out/mine").names == ("Pleural Effusion",)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--artifact", "mark"], "Say by --correlation how often finding and artifact"),
        (["--correlation", "0.9", "--artifact", "hat"], "no artifact hat on phantoms"),
        (["--correlation", "0.2"], "0.5"),
        (["--correlation", "0.9", "-n", "2"], "no four groups"),
        (["--correlation", "0.9", "--split", "test"], "have their own splits"),
    ],
)
def test_what_cannot_be_planted_is_refused_and_nothing_is_written(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phantom", "--out", str(tmp_path / "out"), "--size", "32", *options]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_an_artifact_that_never_varies_makes_no_groups(cohort: Path) -> None:
    table = Cohort.open(cohort).table
    one = table[table["Support Devices"] == 1]
    with pytest.raises(BadInput, match=r"Support Devices never varies: it is 1\.0 in all rows"):
        groups_of(one, GROUP)
