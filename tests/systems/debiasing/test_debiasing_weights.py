"""A recipe makes weights that edit, classify, are audited and compared; the experiment writes its page."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

import causaray
from causaray.app.verbs.reproduce import reproduce
from causaray.app.verbs.train import train
from causaray.cohorts.phantom.cohort import prepare_planted
from causaray.cohorts.phantom.planting import Planting
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.evaluation.audit.named import named_classifier
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.systems.debiasing import experiment, measured, worlds
from causaray.systems.debiasing.weights import load
from causaray.training.recipe import recipes

FINDING = "Pleural Effusion"
PRESENT, ABSENT = (Findings((Finding(FINDING, state),)) for state in ("present", "absent"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A cohort with a planted correlation, and weights of two updates of the shipped recipe on it."""
    folder = tmp_path_factory.mktemp("debiasing")
    prepare_planted(folder / "cohort", 160, 0.6, Planting(FINDING), test=8)
    values = yaml.safe_load(recipes()["debiasing-phantom-64"].read_text())
    values["run"] = {"steps": 2, "batch": 8, "lr": 1e-3}
    for objective in ("group-dro", "dfr"):
        values |= {"objective": objective, "name": objective}
        (folder / f"{objective}.yaml").write_text(yaml.safe_dump(values))
    return folder, train(folder / "group-dro.yaml", folder / "cohort", folder / "out")


def images(n: int = 3) -> torch.Tensor:
    return torch.rand(n, 1, 64, 64, generator=torch.Generator().manual_seed(0))


def test_weights_edit_and_strength_0_changes_nothing(made: tuple[Path, Path]) -> None:
    editor = EditorSpec.of(made[1]).open("cpu")
    assert editor.names == (FINDING,) and editor.size == 64 and editor.method == "debiasing"
    assert torch.equal(editor.edit(images(), EditRequest(PRESENT, strength=0.0)).counterfactual, images())
    one, other = (editor.edit(images(), EditRequest(asked)).counterfactual for asked in (PRESENT, ABSENT))
    assert one.shape == (3, 1, 64, 64) and one.min() >= 0 and one.max() <= 1 and not torch.equal(one, other)
    together, alone = (editor.edit(part, EditRequest(PRESENT)).counterfactual for part in (images(), images()[:1]))
    assert torch.allclose(together[:1], alone, atol=1e-6)
    mask = torch.zeros(64, 64, dtype=torch.bool)
    mask[:8] = True
    confined = editor.edit(images(), EditRequest(PRESENT, mask=mask)).counterfactual
    assert torch.equal(confined[..., 8:, :], images()[..., 8:, :])
    for asked, why in ((Findings((Finding("Edema"),)), "Edema"), (Findings(()), "names no finding")):
        with pytest.raises(BadInput, match=why):
            editor.edit(images(), EditRequest(asked))


def test_the_classifier_of_the_weights_can_be_asked(made: tuple[Path, Path], tmp_path: Path) -> None:
    classifier = named_classifier(made[1], "debiasing", {})
    said = classifier.predict(images())
    pair, config = load(made[1])
    assert classifier.interface.findings == config.names == (FINDING,)
    assert np.allclose(said, pair.classifier(images()).numpy(), atol=1e-6)
    told = json.loads((made[1] / "config.json").read_text())
    assert sum(told["groups"].values()) > 30 and len(told["groups"]) == 4
    cohort = made[0] / "cohort"
    report = causaray.audit(made[1], cohort, tmp_path / "audit", architecture="debiasing", weights=made[1], limit=4)
    assert set(report["findings"]) == {FINDING} and "scls" in report["findings"][FINDING]


def test_other_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="here debiasing is needed"):
        named_classifier(Path(causaray.__file__).parent / "weights" / "phantom-64", "debiasing", {})


def test_dfr_learns_from_val_and_says_which_group_is_missing(made: tuple[Path, Path], tmp_path: Path) -> None:
    folder = train(made[0] / "dfr.yaml", made[0] / "cohort", tmp_path / "out")
    assert folder.name == "dfr" and (tmp_path / "out" / "retrained.pt").is_file()
    prepare_planted(tmp_path / "perfect", 60, 1.0, Planting(FINDING), test=8)
    with pytest.raises(BadInput, match="Split val has no images of some group of finding and artifact"):
        train(made[0] / "dfr.yaml", tmp_path / "perfect", tmp_path / "perfect-out")


def test_the_experiment_writes_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worlds, "RIVALS", {"erm": (0.8, 1.0), "dfr": (0.8,)})
    for name in ("VAL", "HELD"):
        monkeypatch.setattr(worlds, name, 24)
    monkeypatch.setattr(experiment, "TEST", 24)
    monkeypatch.setattr(measured, "check_detector", lambda *_: {"auroc": 1.0, "low": 1.0, "high": 1.0})
    monkeypatch.setattr("causaray.systems.debiasing.page.SHOWN", ("erm, D_80", "oracle"))
    values = yaml.safe_load(recipes()["debiasing-phantom-64"].read_text())
    values["run"] = {"steps": 2, "batch": 8, "lr": 1e-3}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(values))
    told: list[str] = []
    found = reproduce(
        "debiasing", tmp_path / "tiny.yaml", [], tmp_path / "out", seeds=1, limit=24, work=tmp_path / "work",
        tell=told.append,
    )  # fmt: skip
    (one,) = found["seeds"]
    assert list(one["classifiers"]) == ["erm, D_80", "erm, D_100", "dfr, D_80", "oracle", "detector"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "table.md", "results.json", "counterfactuals.png", "scls.png"
    }  # fmt: skip
    json.loads((tmp_path / "out" / "results.json").read_text())
    assert "could not be read by us" in (tmp_path / "out" / "table.md").read_text()
