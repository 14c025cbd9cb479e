import json
from pathlib import Path

import numpy as np
import pytest
import torch

from causaray.cohorts import Cohort, prepare
from causaray.errors import BadInput
from causaray.evaluation.evaluate import evaluate
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


def test_a_report_says_what_was_measured(cohort: Path, weights: Path, tmp_path: Path) -> None:
    report = evaluate(weights, [cohort], tmp_path, suite=("reconstruction", "effect"))
    written = json.loads((tmp_path / "metrics.json").read_text())
    found = written["cohorts"][Cohort.open(cohort).name]
    assert found["images"] == found["patients"] == 10
    assert found["null edit equals reconstruction"] is True
    assert set(found["effect"]) <= {"Edema", "Pleural Effusion"}
    assert found["effect"]["Edema"]["control copied input"] == pytest.approx(0.5)
    assert written["about"]["judge"] != written["about"]["digest"]
    assert report["about"]["weights"] in (tmp_path / "results.md").read_text()
    assert len(list(tmp_path.glob("*.png"))) == len(found["effect"])
    assert not (tmp_path / "unfinished").exists()


def test_what_cannot_be_measured_is_said_in_a_sentence(cohort: Path, weights: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="at least 8"):
        evaluate(weights, [cohort], tmp_path, split="val")
    with pytest.raises(BadInput, match="no suite"):
        evaluate(weights, [cohort], tmp_path, suite=("beauty",))
    with pytest.raises(BadInput, match="128"):
        evaluate("judge-128", [cohort], tmp_path)
