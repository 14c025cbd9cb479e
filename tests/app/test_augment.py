import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import causaray
from causaray.app.cli import main
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.phantom import prepare_phantom
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.training.source import learnable
from causaray.vocabulary import SEVERITIES

FINDING = "Pleural Effusion"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cohort") / "phantom"
    prepare_phantom(folder, 300, size=64)
    return folder


def shown(cohort: Cohort) -> int:
    return int((cohort.labels([FINDING]) == 1).sum())


def test_the_finding_is_shown_as_often_as_asked_by_patients_who_lacked_it(cohort, editor_folder, tmp_path):
    real = Cohort.open(cohort)
    training = real.subset(split="train")
    wanted = shown(training) + 30
    made = causaray.augment(cohort, tmp_path / "more", weights=editor_folder, findings=[FINDING], to=wanted)
    assert len(made) == 30 == shown(made)
    together = open_cohorts([cohort, tmp_path / "more"])
    assert shown(together.subset(split="train")) == wanted
    assert shown(together.subset(split="test")) == shown(real.subset(split="test"))
    by_patient = training.table.set_index("patient")
    for _, row in made.table.iterrows():
        own = by_patient.loc[row["patient"]]
        assert own[FINDING] == 0
        assert (row["split"], row["fold"], row["cohort"]) == ("train", own["fold"], own["cohort"])
        assert row["Edema"] == own["Edema"]
        said = json.loads(row["row"])
        assert (said["synthetic"], said["of"], said["shows"]) == ("true", own["image"], FINDING)
    severities = Counter(json.loads(row)["severity"] for row in made.table["row"])
    assert set(severities) == set(SEVERITIES)
    assert min(severities.values()) >= 5, "each is as likely as any other"
    assert made.table["patient"].is_unique, "each patient as often as any other"
    assert FINDING in learnable(together)


def test_an_image_is_the_edit_of_its_source_and_a_seed_gives_the_same(cohort, editor_folder, tmp_path):
    options = {
        "weights": editor_folder,
        "findings": [FINDING],
        "to": shown(Cohort.open(cohort).subset(split="train")) + 3,
    }
    first, again = (causaray.augment(cohort, tmp_path / name, **options) for name in "ab")
    assert np.array_equal(first.pixels, again.pixels)
    said = json.loads(first.table.iloc[2]["row"])
    source = Cohort.open(cohort)
    place = int(np.flatnonzero(source.table["image"] == said["of"])[0])
    import torch

    edit = causaray.CausalDisentanglementEditor.load(editor_folder).edit(
        torch.from_numpy(source.images(np.array([place]))),
        EditRequest(causaray.parse_prompt(f"{said['severity']} pleural effusion"), seed=int(said["seed"])),
    )
    assert np.abs(first.images(np.array([2])) - edit.counterfactual.numpy()).max() <= 0.6 / 255


def test_what_cannot_be_balanced_is_said_in_a_sentence_and_nothing_is_written(cohort, editor_folder, tmp_path, capsys):
    out = tmp_path / "out"
    common = {"weights": editor_folder}
    with pytest.raises(BadInput, match="Hernia cannot be balanced; weights and cohort both know Pleural Effusion"):
        causaray.augment(cohort, out, findings=["Hernia"], **common)
    with pytest.raises(BadInput, match="as often as asked"):
        causaray.augment(cohort, out, to=1, **common)
    with pytest.raises(BadInput, match="works at 128 px"):
        causaray.augment(cohort, out)
    assert not out.exists()
    assert main(["augment", str(tmp_path), "--out", str(out)]) == 2
    assert "no prepared cohort" in capsys.readouterr().err
