import json
from pathlib import Path

import numpy as np
import pytest
from made_radiograph import radiograph
from PIL import Image
from pydicom import dcmread

import causaray
from causaray.app.cli import main
from causaray.errors import BadInput

pytestmark = pytest.mark.usefixtures("judge")


@pytest.fixture
def folder(tmp_path) -> Path:
    """20 radiographs, more than a batch."""
    (tmp_path / "many").mkdir()
    for i in range(20):
        Image.fromarray(radiograph(64 + i)).save(tmp_path / "many" / f"{i:02}.png")
    return tmp_path / "many"


def test_editing_a_png(png, editor_folder, tmp_path):
    (made,) = causaray.edit(png, "pneumonia", tmp_path / "out", seed=3, weights=editor_folder)
    assert [file.name for file in made.files] == [
        "patient-counterfactual.png", "patient-counterfactual.json", "patient-counterfactual-film.png",
        "patient-counterfactual-difference.png",
    ]  # fmt: skip
    assert sorted((tmp_path / "out").iterdir()) == sorted(made.files)
    assert made.factual.pixels.shape == made.counterfactual.pixels.shape == (96, 96) and made.factual.source == png
    assert (made.seed, made.strength, made.weights) == (3, 0.7, "tiny") and len(made.digest) == 64
    assert np.abs(made.difference).max() > 0
    assert set(made.judged) == {"Pneumonia"} and made.judge == "judge-224 0123456789abcdef"


def test_as_many_pixels_come_back_as_came_in(editor_folder, tmp_path):
    film = tmp_path / "wide.png"
    Image.fromarray(radiograph(300)[60:260]).save(film)
    (made,) = causaray.edit(film, "pneumonia", tmp_path / "out", weights=editor_folder, dicom=True)
    assert made.factual.pixels.shape == made.counterfactual.pixels.shape == (200, 300)
    assert np.abs(made.difference).max() > 0
    pictures = {file.name: Image.open(file) for file in made.files if file.stem.endswith(("-film", "-difference"))}
    assert {name: (one.size, one.mode) for name, one in pictures.items()} == {
        "wide-counterfactual-film.png": ((300, 200), "L"), "wide-counterfactual-difference.png": ((300, 200), "RGB"),
    }  # fmt: skip
    record, written = json.loads(made.files[1].read_text()), dcmread(made.files[2])
    assert (record["size"], record["shape"], written.Rows, written.Columns) == (300, [200, 300], 200, 300)


def test_nothing_is_written_without_a_folder(png, editor_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    (made,) = causaray.edit(str(png), causaray.parse_prompt("left effusion"), weights=str(editor_folder))
    assert made.files == () and made.judged == {}  # this judge knows no effusion
    assert sorted(tmp_path.rglob("*")) == before


def test_strength_0_gives_the_input_back(png, editor_folder):
    (made,) = causaray.edit(png, "pneumonia", weights=editor_folder, strength=0)
    assert not made.difference.any()
    before, after = made.judged["Pneumonia"]
    assert before == after


def test_a_seed_gives_the_same_bytes(png, editor_folder, tmp_path):
    first, again = (
        causaray.edit(png, "pneumonia", tmp_path / name, weights=editor_folder, dicom=True)[0] for name in "ab"
    )
    assert len(first.files) == 5
    assert [file.read_bytes() for file in first.files] == [file.read_bytes() for file in again.files]
    (other,) = causaray.edit(png, "pneumonia", seed=1, weights=editor_folder)
    assert np.abs(other.difference - first.difference).max() > 1e-3


def test_a_batch_is_what_single_edits_are(folder, editor_folder):
    steps = []
    batch = causaray.edit(
        folder, "no pneumonia", weights=editor_folder, progress=lambda done, total: steps.append((done, total))
    )
    assert [one.factual.source.name for one in batch] == [f"{i:02}.png" for i in range(20)]
    assert steps == [*((i + 1, 40) for i in range(20)), (36, 40), (40, 40)]
    (single,) = causaray.edit(folder / "17.png", "no pneumonia", weights=editor_folder)
    np.testing.assert_allclose(batch[17].counterfactual.pixels, single.counterfactual.pixels, atol=1e-5)


def test_a_dicom_gives_a_dicom_without_the_patient(dicom, editor_folder, tmp_path):
    (made,) = causaray.edit(dicom, "pneumonia", tmp_path / "out", weights=editor_folder)
    written = dcmread(made.files[2])
    assert (written.Rows, written.PatientIdentityRemoved, written.ViewPosition) == (96, "YES", "PA")
    assert written.PixelSpacing == [0.5, 0.5]
    assert written.SOPInstanceUID != dcmread(dicom).SOPInstanceUID
    for file in made.files:
        assert b"Jane" not in file.read_bytes() and b"MRN-77" not in file.read_bytes()


def test_the_patient_is_kept_on_request_in_the_dicom_alone(dicom, editor_folder, tmp_path):
    (made,) = causaray.edit(dicom, "pneumonia", tmp_path / "out", weights=editor_folder, keep_identity=True)
    assert dcmread(made.files[2]).PatientName == "Doe^Jane"
    assert not any(b"Jane" in file.read_bytes() for file in made.files if file.suffix != ".dcm")


def test_results_are_replaced_by_force_alone(png, editor_folder, tmp_path):
    once = causaray.edit(png, "pneumonia", tmp_path, weights=editor_folder)
    with pytest.raises(BadInput, match="is there already"):
        causaray.edit(png, "no pneumonia", tmp_path, weights=editor_folder)
    causaray.edit(png, "no pneumonia", tmp_path, weights=editor_folder, force=True)
    assert json.loads(once[0].files[1].read_text())["request"] == "no pneumonia"


def test_a_finding_the_weights_do_not_know(png, editor_folder, tmp_path):
    with pytest.raises(BadInput, match=r"not trained on Hernia; they know No Finding, Pneumonia, Pleural Effusion"):
        causaray.edit(png, "hernia", tmp_path / "out", weights=editor_folder)
    assert not (tmp_path / "out").exists()


def test_the_command_prints_a_line_an_image(folder, editor_folder, tmp_path, capsys):
    assert main(["edit", str(folder / "00.png"), str(folder / "01.png"), "--prompt", "mild right effusion",
                 "--weights", str(editor_folder), "--out", str(tmp_path / "out")]) == 0  # fmt: skip
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"{tmp_path / 'out' / '01-counterfactual.png'}: mild right pleural effusion: ")


def test_json_is_one_object(dicom, editor_folder, tmp_path, capsys):
    assert main(["edit", str(dicom), "--prompt", "pneumonia", "--weights", str(editor_folder), "--seed", "5",
                 "--strength", "0.5", "--out", str(tmp_path / "out"), "--json"]) == 0  # fmt: skip
    said = json.loads(capsys.readouterr().out)
    assert list(said) == [
        "files", "request", "seed", "strength", "weights", "digest", "judge", "seconds", "measured", "verdict",
        "interpretation",
    ]  # fmt: skip
    assert all(Path(file).is_file() for file in said["files"]) and len(said["files"]) == 5
    assert (said["request"], said["seed"], said["strength"]) == ("pneumonia", 5, 0.5) and said["seconds"] > 0
    assert set(said["measured"][str(dicom)]) == {"Pneumonia", "mean_abs_change", "changed_fraction"}


def test_what_the_transformer_looks_at_is_a_picture_that_is_not_edited_again(png, editor_folder, tmp_path):
    out = tmp_path / "out"
    (made,) = causaray.edit(png, "pneumonia", out, weights=editor_folder, attention=True)
    assert [file.name for file in made.files][-1] == "patient-counterfactual-attention.png"
    with Image.open(made.files[-1]) as picture:
        assert picture.width > 2 * picture.height, "one layer: factual and two maps, side by side"
    with pytest.raises(BadInput, match="No image was named, or only earlier results"):
        causaray.edit(out, "pneumonia", weights=editor_folder)
