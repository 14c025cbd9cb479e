import json

import pytest
from PIL import Image

import causaray
from causaray.app.cli import main
from causaray.errors import BadInput


def test_the_program(capsys):
    assert main(["info"]) == 0
    said = capsys.readouterr().out
    assert f"version: {causaray.__version__}" in said and "torch: " in said and "Pleural Effusion" in said


def test_a_dicom_and_not_its_patient(dicom, capsys):
    assert main(["info", str(dicom)]) == 0
    said = capsys.readouterr().out
    assert "size: 96 x 96" in said and "view: PA" in said and "(0.5, 0.5)" in said and "Explicit VR Little" in said
    assert "Doe" not in said and "MRN-77" not in said


def test_a_png_as_json(png, capsys):
    assert main(["info", str(png), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["size"] == "96 x 96" and said["view"] is None


@pytest.fixture
def cohort(tmp_path, png):
    folder = tmp_path / "cohort"
    folder.mkdir()
    for name in "abc":
        Image.open(png).save(folder / f"{name}.png")
    rows = "a.png,1,Pneumonia,train\nb.png,1,No Finding,train\nc.png,2,Pneumonia,test\n"
    (folder / "metadata.csv").write_text("image,patient,findings,split\n" + rows)
    return folder


def test_a_cohort_before_and_after_preparing(cohort, tmp_path):
    raw = causaray.info(cohort)["cohort"]
    assert (raw["images"], raw["patients"], raw["splits"]) == (3, 2, {"train": 2, "test": 1})
    assert raw["present"] == {"Pneumonia": 2, "No Finding": 1}
    causaray.prepare(cohort, tmp_path / "prepared", size=32)
    prepared = causaray.info(tmp_path / "prepared")["cohort"]
    assert prepared["prepared"] == "32 x 32" and prepared["images"] == 3 and prepared["present"]["Pneumonia"] == 2


def test_weights(editor_folder):
    about = causaray.info(editor_folder)
    assert about["weights"] == "tiny" and about["method"] == "causal-disentanglement"
    assert about["findings"] == "No Finding, Pneumonia, Pleural Effusion" and len(about["digest"]) == 64


def test_no_such_thing(tmp_path):
    with pytest.raises(BadInput, match="does not exist"):
        causaray.info(tmp_path / "gone")
