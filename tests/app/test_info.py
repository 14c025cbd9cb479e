import json

import numpy as np
import pytest
from film_weights import films, needs_net
from PIL import Image

import causaray
from causaray.app.cli import main
from causaray.errors import BadInput
from causaray.imagefiles import write_dicom, write_png
from causaray.scan import Scan


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


@needs_net
def test_the_signs_of_a_film_and_its_picture(tmp_path, capsys):
    write_png(films()[0], tmp_path / "film.png")
    assert main(["info", str(tmp_path / "film.png"), "--json", "--picture", str(tmp_path / "outlines.png")]) == 0
    said = json.loads(capsys.readouterr().out)
    assert 0.3 < said["signs"]["cardiothoracic_ratio"] < 0.65 and said["signs_note"] is None
    assert set(said["signs"]["opacity"]["left"]) == {"upper", "middle", "lower"} and 0 <= said["doubt"] < 0.1
    with Image.open(tmp_path / "outlines.png") as picture:
        colours = {tuple(colour) for colour in np.asarray(picture)[34:, :768].reshape(-1, 3)}
    assert {(72, 202, 228), (255, 183, 77), (255, 92, 92)} < colours, "outlines of both lungs and the heart"


@needs_net
def test_a_film_that_cannot_be_read_is_shown_with_the_sentence(tmp_path):
    write_png(Scan(np.rot90(films()[0].pixels).copy()), tmp_path / "turned.png")
    said = causaray.info(tmp_path / "turned.png", picture=tmp_path / "outlines.png")
    assert said["signs"] is None and said["signs_note"].startswith("The film ") and said["doubt"] > 0
    with Image.open(tmp_path / "outlines.png") as picture:
        film = np.asarray(picture)[34:, :768]
    assert np.ptp(film, axis=2).max() == 0, "nothing is drawn over it"


@needs_net
def test_a_lateral_film_has_no_signs(tmp_path):
    scan = Scan(films()[0].pixels, view="LL")
    write_dicom(scan, tmp_path / "film.dcm", derived_from=scan, description="made for a test", seed=0)
    said = causaray.info(tmp_path / "film.dcm")
    assert said["signs"] is None and "lateral" in said["signs_note"]


def test_a_picture_is_of_an_image_alone(editor_folder, png, tmp_path):
    for target in (None, editor_folder, tmp_path):
        with pytest.raises(BadInput, match="no image file"):
            causaray.info(target, picture=tmp_path / "outlines.png")
    with pytest.raises(BadInput, match="is an input and would be written over"):
        causaray.info(png, picture=png)
