"""The verb `classify`: what it tells, when it abstains, and what it refuses."""

import csv
import json
from pathlib import Path

import made_onnx
import numpy as np
import pytest
import torch
from PIL import Image

import causaray
from causaray.app.cli import main
from causaray.classifiers.backbones import backbone
from causaray.classifiers.calibration import Calibrated
from causaray.classifiers.confidence import confidence, least_sure
from causaray.classifiers.judge import Judge
from causaray.editors.saved import save_weights
from causaray.errors import BadInput
from causaray.evaluation.audit.interface import Interface

NAMES = ["Pleural Effusion", "Edema"]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("films"), np.random.default_rng(0)
    for i in range(4):
        Image.fromarray((60 * (i + 1) * rng.random((50, 50))).astype("u1")).save(folder / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory, images: Path) -> Path:
    """A classifier that nobody has trained, which knows how sure it is of the images."""
    torch.manual_seed(0)
    net = Calibrated(backbone("small", 2, 32), 2).eval()
    net.slope.fill_(40.0)
    films = np.stack([np.asarray(Image.open(file), np.float32) / 255 for file in sorted(images.iterdir())])[:, None]
    sure = confidence(net, lambda rows: films[rows], 4, NAMES)
    folder = tmp_path_factory.mktemp("own") / "mine"
    config = {"method": "classifier", "name": "mine", "names": NAMES, "backbone": "small", "size": 32}
    save_weights(net, config | {"confidence": sure}, folder)
    return folder


def test_probabilities_are_the_judges_own_in_both_files(weights: Path, images: Path, tmp_path: Path) -> None:
    assert main(["classify", str(images), "--weights", str(weights), "--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "classify.json").read_text())
    rows = list(csv.DictReader((tmp_path / "classify.csv").open()))
    assert report["about"]["calibrated"] and len(report["images"]) == 4 and len(rows) == 8
    films = [causaray.read_scan(images / f"{i}.png").square(32).pixels for i in range(4)]
    again = causaray.classify(images, weights, tmp_path / "again")
    assert again["images"] == report["images"]
    said = Judge.load(weights).predict(torch.from_numpy(np.stack(films))[:, None])
    for i, row in enumerate(rows):
        assert float(row["probability"]) == pytest.approx(float(said[i // 2, i % 2]), abs=1e-5)
        assert float(row["uncertainty"]) >= 0 and row["finding"] == NAMES[i % 2]
        assert row["reading"] == ("present" if float(row["probability"]) >= 0.5 else "absent")


def test_it_abstains_where_it_is_least_sure(weights: Path, images: Path, tmp_path: Path) -> None:
    found = causaray.classify(images, weights, tmp_path, finding=["edema"], coverage=0.5)
    told = [image["findings"]["Edema"] for image in found["images"]]
    sure = [abs(one["probability"] - 0.5) for one in told if one["reading"] != "abstained"]
    unsure = [abs(one["probability"] - 0.5) for one in told if one["reading"] == "abstained"]
    assert unsure and sure and min(sure) >= found["about"]["least_sure"]["Edema"] > max(unsure)


def test_the_least_sureness_is_the_quantile_that_was_kept() -> None:
    kept = {"confidence": {"Edema": np.linspace(0, 0.5, 101).tolist()}}
    assert least_sure(kept, "mine", "Edema", 0.8) == pytest.approx(0.1)
    assert least_sure(kept, "mine", "Edema", 1.0) == 0


def test_an_onnx_model_is_asked_as_audit_asks_it(images: Path, tmp_path: Path, capsys) -> None:
    model = made_onnx.written(tmp_path, made_onnx.base_reader())
    command = ["classify", str(images / "1.png"), "--weights", str(model), "--out", str(tmp_path / "out")]
    assert main([*command, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert not report["about"]["calibrated"] and len(report["images"]) == 1
    assert main([*command, "--force", "--coverage", "0.5"]) == 2
    assert "does not say how sure it was on held-out images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--weights", "nothing"], "no weights called nothing"),
        (["--weights", "cxr-128"], "does not hold the weights of a judge"),
        (["--weights", "model.pt"], "pickle"),
        (["--finding", "Gout"], "Gout is not told by this classifier"),
        (["--coverage", "1.5"], "above 0 and at most 1, not 1.5"),
        (["--weights", "judge-224", "--coverage", "0.5"], "leave --coverage out, or train"),
    ],
)
def test_what_it_refuses_writes_nothing(
    options: list[str], said: str, weights: Path, images: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "out"
    command = [
        "classify",
        str(images),
        "--out",
        str(out),
        *(["--weights", str(weights)] if "--weights" not in options else []),
    ]
    assert main([*command, *options]) == 2
    assert said in capsys.readouterr().err and not out.exists()


def test_a_model_that_gives_no_number_is_refused() -> None:
    with pytest.raises(BadInput, match="gives no finite numbers"):
        Interface(("Edema",)).probabilities(np.array([[np.nan]]))
