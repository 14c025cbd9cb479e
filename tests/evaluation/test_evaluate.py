import json
from pathlib import Path

import numpy as np
import pytest
import torch

from causaray.cohorts import Cohort, prepare
from causaray.errors import BadInput
from causaray.evaluation import features
from causaray.evaluation.evaluate import evaluate
from causaray.evaluation.judge import Judge
from causaray.imagefiles import write_png
from causaray.methods.editor import Config, Editor, EditorNet
from causaray.nets.autoencoder import Shape
from causaray.scan import Scan


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten small images with two findings each way, prepared at 64 px under the name nih."""
    source = tmp_path_factory.mktemp("raw") / "nih"
    (source / "images").mkdir(parents=True)
    rng, rows = np.random.default_rng(0), ["image,patient,findings,view,split,fold,open"]
    for i in range(10):
        pixels = np.kron(rng.random((8, 8)), np.ones((8, 8))).astype(np.float32)
        write_png(Scan(pixels), source / f"images/{i}.png")
        rows.append(f"images/{i}.png,p{i},{('Edema', 'Effusion', 'No Finding')[i % 3]},PA,test,,True")
    (source / "metadata.csv").write_text("\n".join(rows) + "\n")
    prepare(source, source.parent / "ready", 64)
    return source.parent / "ready"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    config = Config("tiny", ("Edema", "Pleural Effusion"), Shape(64, 4, 8, 16, 1, 1, 32, 4), 32, 1, steps=2)
    folder = tmp_path_factory.mktemp("weights") / "tiny"
    Editor(EditorNet(config), config).save(folder)
    return folder


class Halves(torch.nn.Module):
    """Reads the brightness of the upper and of the lower half as two findings."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.stack([half.mean((1, 2, 3)) for half in images.chunk(2, dim=2)], dim=1)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coarse grey levels instead of Inception, which takes seconds and an extra, and a judge as simple."""
    monkeypatch.setattr(features, "inception", lambda: lambda x: torch.nn.functional.avg_pool2d(x, 16).flatten(1))
    monkeypatch.setattr(Judge, "load", lambda: Judge(("Edema", "Pleural Effusion"), "0" * 64, Halves()))


def test_a_report_says_what_was_measured(cohort: Path, weights: Path, tmp_path: Path) -> None:
    report = evaluate(weights, [cohort], tmp_path, command="causaray evaluate")
    written = json.loads((tmp_path / "metrics.json").read_text())
    found = written["cohorts"][Cohort.open(cohort).name]
    assert found["images"] == found["patients"] == 10
    assert found["null_edit_equal"] is True
    assert set(found["effect"]) == {"Edema", "Pleural Effusion"}
    assert found["effect"]["Edema"]["control_copied"] == pytest.approx(0.5)
    assert found["effect"]["Edema"]["judge_real"]["positives"] == 4
    assert found["identity"]["edited"]["n"] == found["identity"]["low_passed"]["edited"]["n"] == 20
    assert found["realism"]["fid"]["edited"] is None
    assert len(found["realism"]["radial_power"]["edited"]) == 32
    assert written["about"]["judge"] != written["about"]["digest"]
    text = (tmp_path / "results.md").read_text()
    assert report["about"]["weights"] in text and "`causaray evaluate`" in text
    assert len(list(tmp_path.glob("*.png"))) == 2 * len(found["effect"])
    assert not (tmp_path / "unfinished").exists()
    again = evaluate(weights, [cohort], tmp_path / "again", command="causaray evaluate")
    assert json.dumps(again) == json.dumps(report), "the same seed, the same figures"


def test_a_stopped_run_goes_on_but_never_with_other_edits(
    cohort: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[float] = []
    edit = Editor.edit
    monkeypatch.setattr(
        Editor,
        "edit",
        lambda self, *a, strength, **k: (calls.append(strength), edit(self, *a, strength=strength, **k))[1],
    )
    stop = {"say": lambda what, done, total: (_ for _ in ()).throw(KeyboardInterrupt) if "judging" in what else None}
    with pytest.raises(KeyboardInterrupt):
        evaluate(weights, [cohort], tmp_path, suite=("effect",), progress=stop["say"])
    assert calls.count(0.7) == 4, "two findings, each added and removed"
    evaluate(weights, [cohort], tmp_path, suite=("effect",))
    assert calls.count(0.7) == 4, "what was made is not made again"
    with pytest.raises(KeyboardInterrupt):
        evaluate(weights, [cohort], tmp_path, suite=("effect",), progress=stop["say"])
    evaluate(weights, [cohort], tmp_path, suite=("effect",), strength=0.5)
    assert calls.count(0.5) == 4, "edits of another strength are other edits"


def test_what_cannot_be_measured_is_said_in_a_sentence(
    cohort: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match=r"Split val of .* holds no images; its splits are test \(10\)"):
        evaluate(weights, [cohort], tmp_path, split="val")
    with pytest.raises(BadInput, match="holds 2 images of 2 patients; at least 4"):
        evaluate(weights, [cohort], tmp_path, limit=2)
    with pytest.raises(BadInput, match="no suite"):
        evaluate(weights, [cohort], tmp_path, suite=("beauty",))
    with pytest.raises(BadInput, match="no prepared cohort"):
        evaluate(weights, [tmp_path], tmp_path)
    with pytest.raises(BadInput, match="128"):
        evaluate("judge-128", [cohort], tmp_path)
    monkeypatch.setattr(Judge, "load", lambda: Judge(("Fibrosis",), "0" * 64, None))
    with pytest.raises(BadInput, match="know no finding in common"):
        evaluate(weights, [cohort], tmp_path / "new")
    assert not (tmp_path / "new").exists()
