"""The verb `audit`: what it writes, and what it refuses without writing anything."""

import json

import made_onnx
import numpy as np
import pytest
from PIL import Image

import causaray
from causaray.app.cli import main
from causaray.cohorts.phantom import prepare_phantom

FINDING = "Pleural Effusion"


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(3):
        Image.fromarray((100 + 30 * rng.random((80, 72))).astype("u1")).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def model(tmp_path):
    return made_onnx.written(tmp_path, made_onnx.base_reader())


def test_what_it_writes(model, images, editor_folder, tmp_path, capsys):
    options = ["--weights", str(editor_folder), "--finding", "pleural effusion", "--seed", "3", "--threshold", "0.4"]
    arguments = ["audit", str(model), str(images), *options]
    assert main([*arguments, "--out", str(tmp_path / "a")]) == 0
    assert "report.html" in capsys.readouterr().out
    written = {file.name for file in (tmp_path / "a").iterdir()}
    assert written == {"report.html", "audit.json", "pleural-effusion-worst.png"}
    report = json.loads((tmp_path / "a" / "audit.json").read_text())
    assert list(report["findings"]) == [FINDING] and report["about"]["threshold"] == 0.4
    assert (report["about"]["images"], report["about"]["patients"], report["about"]["size"]) == (3, 3, 64)
    page = (tmp_path / "a" / "report.html").read_text()
    assert "letter L moved to the other side" in page and "trained on" in page
    assert "http" not in page and "<script" not in page
    again = causaray.audit(model, images, finding=[FINDING], weights=editor_folder, seed=3, stated={"threshold": "0.4"})
    assert json.loads(json.dumps(again["findings"])) == report["findings"]


def test_of_a_cohort_the_split_test_is_taken_by_patient(model, editor_folder, tmp_path):
    prepare_phantom(tmp_path / "phantom", 60, size=64)
    report = causaray.audit(model, tmp_path / "phantom", weights=editor_folder, limit=4)
    assert report["about"]["images"] == 4
    assert set(report["findings"][FINDING]["perturbations"]) >= {"disease", "null", "device", "marker_moved"}


def test_the_shipped_judge_can_be_named(images, editor_folder, judge):
    report = causaray.audit("judge-224", images, architecture="judge", weights=editor_folder)
    assert list(report["findings"]) == ["Pneumonia"], "what judge and editor both know"


@pytest.mark.parametrize(
    ("name", "data", "options", "said"),
    [
        ("model.pt", b"\x80\x04.", [], "is a pickle, which is never opened; export the model to ONNX"),
        ("model.onnx", b"nothing", [], "no ONNX model, or a damaged one"),
        ("model.onnx", made_onnx.base_reader(), ["--finding", "Edema"], "Edema cannot be audited"),
        ("model.onnx", made_onnx.base_reader(), ["--model-findings", "Scoliosis"], "shows none of the findings"),
        ("model.onnx", made_onnx.base_reader(), ["--model-range", "raw"], 'range "raw" of the model is none of'),
        ("model.onnx", made_onnx.base_reader(), ["--architecture", "vgg"], "no architecture vgg"),
        ("model.onnx", made_onnx.content(np.zeros((8, 8)), 0, said={}), [], "name them in its metadata"),
    ],
)
def test_what_is_refused_leaves_nothing(name, data, options, said, images, editor_folder, tmp_path, capsys):
    file, out = made_onnx.written(tmp_path, data, name), tmp_path / "out"
    arguments = ["audit", str(file), str(images), "--out", str(out), "--weights", str(editor_folder), *options]
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1
    assert not out.exists()


def test_attributions_lie_where_a_classifier_looks():
    """Of a net that looks at one corner alone, known in closed form: attribution is weight times pixel."""
    pytest.importorskip("captum")
    import torch

    from causaray.evaluation.audit.attribution import attributed
    from causaray.evaluation.audit.classifier import Classifier, answers_of
    from causaray.evaluation.audit.interface import Interface
    from causaray.evaluation.audit.perturbations import DISEASE, Pair

    def corner(batch):
        return batch[:, 0, :16, :16].sum((1, 2))[:, None]

    classifier = Classifier(
        "corner", "", Interface((FINDING,), output="logit"), None, 1, answers_of(corner), net=corner
    )
    images, where = torch.rand(3, 1, 64, 64), torch.zeros(3, 1, 64, 64)
    where[:2, :, :16, :16], where[2, :, 48:, 48:] = 0.5, 0.5
    made = attributed(classifier, images, {DISEASE: Pair(images, images + where)}, 0, np.arange(3), 0)
    values = {name: figure["value"] for name, figure in made.figures.items()}
    assert values["inside"] == pytest.approx(2 / 3) and values["even"] == pytest.approx(1 / 16)
    assert values["control_inside"] == pytest.approx(2 / 3) and values["delta"] == pytest.approx(0, abs=1e-3)
    assert values["correlation"] > 0.3 and [len(row) for row in made.rows] == [3, 3]


def test_attributions_of_the_judge_and_of_what_has_no_gradients(model, images, editor_folder, judge, tmp_path, capsys):
    pytest.importorskip("captum")
    import torch

    for layer in (judge.net.members[0].everywhere, judge.net.members[0].by_place):
        torch.nn.init.normal_(layer.weight)
    options = [str(images), "--weights", str(editor_folder), "--attribution", "--out", str(tmp_path / "a")]
    assert main(["audit", "judge-224", *options, "--architecture", "judge"]) == 0
    report = json.loads((tmp_path / "a" / "audit.json").read_text())
    assert 0 <= report["findings"]["Pneumonia"]["attribution"]["inside"]["value"] <= 1
    assert (tmp_path / "a" / "pneumonia-attribution.png").is_file()
    assert "Where its answer rests" in (tmp_path / "a" / "report.html").read_text()
    options[-1] = str(tmp_path / "b")
    assert main(["audit", str(model), *options]) == 2
    assert "gives no gradients" in capsys.readouterr().err and not (tmp_path / "b").exists()
