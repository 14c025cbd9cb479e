"""What the user got wrong: one sentence, exit code 2, nothing written, and answered before torch is loaded."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from causaray.app.cli import main


@pytest.fixture
def refusal(tmp_path, png, monkeypatch, capsys) -> Callable[..., str]:
    """Edits a good image where no other arguments are given; gives the sentence of the refusal."""
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "model.safetensors").touch()
    (weights / "config.json").write_text('{"shape": {"size": 64}}')
    monkeypatch.setitem(sys.modules, "causaray.app.editing", None)  # to get so far would be a fault, exit code 1

    def run(scan: Path = png, prompt: str = "pneumonia", weights: Path = weights, out: Path = tmp_path / "out") -> str:
        before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
        code = main(["edit", str(scan), "--prompt", prompt, "--weights", str(weights), "--out", str(out), "--json"])
        said = capsys.readouterr()
        assert (code, said.out) == (2, "")
        assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before
        assert said.err.count("\n") == 1 and said.err.endswith((".\n", "?\n")) and "Traceback" not in said.err
        assert "Doe" not in said.err and "MRN-77" not in said.err
        return said.err

    return run


def changed(path: Path, **elements) -> Path:
    dataset = dcmread(path)
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)
    return path


def image(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def test_a_missing_file(refusal, tmp_path):
    assert "gone.dcm does not exist" in refusal(tmp_path / "gone.dcm")


def test_a_truncated_dicom(refusal, dicom):
    dicom.write_bytes(dicom.read_bytes()[:-5000])
    assert "cut short" in refusal(dicom)


def test_a_ct(refusal, dicom):
    assert "modality CT" in refusal(changed(dicom, Modality="CT"))


def test_a_lateral_film(refusal, dicom):
    assert "is a lateral film" in refusal(changed(dicom, ViewPosition="LL"))


def test_a_multi_frame_object(refusal, dicom):
    pixels = dcmread(dicom).PixelData
    assert "2 frames" in refusal(changed(dicom, NumberOfFrames=2, PixelData=pixels * 2))


def test_a_colour_photograph(refusal, tmp_path):
    photo = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert "colour" in refusal(image(tmp_path / "photo.png", photo))


def test_an_all_black_image(refusal, tmp_path):
    assert "blank" in refusal(image(tmp_path / "black.png", np.zeros((64, 64), np.uint8)))


def test_nan_pixels(refusal, tmp_path):
    pixels = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
    pixels[3, 4] = np.nan
    assert "NaN" in refusal(image(tmp_path / "nan.tiff", pixels))


def test_a_20_pixel_image(refusal, tmp_path):
    assert "20 x 20" in refusal(image(tmp_path / "small.png", np.arange(400, dtype=np.uint8).reshape(20, 20)))


def test_one_bad_image_among_good_ones(refusal, tmp_path, png):
    (tmp_path / "folder").mkdir()
    png.rename(tmp_path / "folder" / "a.png")
    (tmp_path / "folder" / "b.png").write_bytes(b"\x89PNG")
    assert "b.png" in refusal(tmp_path / "folder")


def test_an_empty_folder(refusal, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty holds no" in refusal(tmp_path / "empty")


@pytest.mark.parametrize("prompt", ["", "  ", "please show"])
def test_an_empty_prompt(refusal, prompt):
    assert "names no finding" in refusal(prompt=prompt)


def test_an_unknown_finding(refusal):
    assert "did you mean Pneumonia" in refusal(prompt="pneunonia")


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "pytorch_model.bin", "last.ckpt", "model.pkl"])
def test_a_pickle_for_weights(refusal, tmp_path, name):
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / name).touch()
    assert f"{name} is a pickle; only safetensors are loaded" in refusal(weights=tmp_path / "pickled")
    assert f"{name} is a pickle" in refusal(weights=tmp_path / "pickled" / name)


def test_a_folder_without_weights(refusal, tmp_path):
    (tmp_path / "notes").mkdir()
    assert "is no weights folder" in refusal(weights=tmp_path / "notes")


def test_unknown_weights(refusal):
    assert "There are no weights called cxr-99" in refusal(weights=Path("cxr-99"))


def test_weights_that_do_not_edit(refusal, tmp_path):
    (tmp_path / "judge").mkdir()
    (tmp_path / "judge" / "model.safetensors").touch()
    (tmp_path / "judge" / "config.json").write_text('{"names": ["Pneumonia"]}')
    assert "no weights of an editor" in refusal(weights=tmp_path / "judge")


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_a_damaged_configuration(refusal, tmp_path, text):
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "model.safetensors").touch()
    (tmp_path / "damaged" / "config.json").write_text(text)
    assert "config.json" in refusal(weights=tmp_path / "damaged")


def test_an_output_folder_that_is_a_file(refusal, png):
    assert "patient.png is a file" in refusal(out=png)


def test_an_output_folder_below_a_file(refusal, png):
    assert "cannot be written to" in refusal(out=png / "deep" / "out")


def test_results_that_are_there_already(refusal, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "patient-counterfactual.json").write_text("mine")
    assert "is there already" in refusal()
