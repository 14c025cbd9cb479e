import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread

from causaray.counterfactual import Counterfactual
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.scan import Scan


@pytest.fixture
def made() -> Counterfactual:
    """A quarter of the image is brighter by 0.2 than the factual."""
    header = Dataset()
    header.PatientName, header.PatientID = "Doe^Jane", "MRN-77"
    grey = np.tile(np.linspace(0.2, 0.7, 64, dtype=np.float32), (64, 1))
    after = grey.copy()
    after[32:, 32:] += 0.2
    return Counterfactual(
        factual=Scan(grey, spacing=(0.5, 0.4), view="PA", patient="MRN-77", header=header),
        counterfactual=Scan(after, spacing=(0.5, 0.4), view="PA"),
        request=parse_prompt("moderate left effusion"),
        method="causal-disentanglement",
        weights="tiny",
        digest="ab" * 32,
        seed=7,
        strength=0.5,
        judge="judge-224 0123",
        judged={"Pleural Effusion": (0.125, 0.75)},
    )


def test_the_difference_is_to_the_factual(made):
    assert made.difference[40, 40] == pytest.approx(0.2)
    assert made.difference[10, 10] == 0


def test_what_is_measured(made):
    assert made.measured == {
        "Pleural Effusion": {"before": 0.125, "after": 0.75},
        "mean_abs_change": pytest.approx(0.05),
        "changed_fraction": 0.25,
    }


def test_the_text_is_one_line_with_the_figures(made):
    assert made.text == (
        "moderate left pleural effusion: 25% of the pixels changed, by 0.050 of the grey range on average; "
        "judged pleural effusion 0.12 -> 0.75"
    )


def test_saving_writes_the_files_and_nothing_else(made, tmp_path):
    files = made.save(tmp_path / "new" / "folder", "scan")
    assert [file.name for file in files] == ["scan.png", "scan.json", "scan.dcm"]
    assert sorted((tmp_path / "new" / "folder").iterdir()) == sorted(files)


def test_saving_is_repeatable_to_the_byte(made, tmp_path):
    first, second = made.save(tmp_path / "a", "scan"), made.save(tmp_path / "b", "scan")
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


def test_the_json_says_what_it_is_and_not_whose(made, tmp_path):
    (file,) = made.save(tmp_path, "scan", ["json"])
    said = json.loads(file.read_text())
    assert list(said) == [
        "synthetic", "notice", "request", "negative", "text", "verdict", "interpretation", "written", "where", "method",
        "weights", "digest",
        "seed", "strength", "version", "watermark", "size", "shape", "spacing_mm", "edited_at", "view",
        "turned", "judge", "measured", "unasked", "change_sd", "difference_limit", "typicality", "pulled",
        "words", "mask", "filtered", "lesions", "signs", "signs_note",
    ]  # fmt: skip
    assert said["synthetic"] is True and said["judge"] == "judge-224 0123"
    assert said["request"] == "moderate left pleural effusion" and said["measured"] == made.measured
    assert said["seed"] == 7 and said["strength"] == 0.5 and said["size"] == 64 and said["spacing_mm"] == [0.5, 0.4]
    assert "Doe" not in file.read_text() and "MRN-77" not in file.read_text()


def test_the_picture_shows_the_three_and_marks_the_synthetic_one(made, tmp_path):
    (file,) = made.save(tmp_path, "scan", ["png"])
    picture = np.asarray(Image.open(file)).astype(int)
    factual, counterfactual, difference = picture[24:, :384], picture[24:, 390:774], picture[24:, 780:]
    assert factual.shape == counterfactual.shape == difference.shape == (384, 384, 3)
    assert np.ptp(factual, axis=2).max() == 0  # grey
    assert (difference[50, 50] == 128).all()  # the same: mid-grey
    assert difference[300, 300, 0] > 250 > 30 > difference[300, 300, 2]  # brighter: orange
    assert counterfactual[-12:, :90].min() == 0 and factual[-12:, :90].min() > 40  # black behind SYNTHETIC


def test_the_null_edit_is_mid_grey(made, tmp_path):
    null = replace(made, counterfactual=made.factual)
    (file,) = null.save(tmp_path, "null", ["png"])
    assert (np.asarray(Image.open(file))[24:, 780:] == 128).all()
    assert null.measured["changed_fraction"] == null.measured["mean_abs_change"] == 0


@pytest.mark.parametrize("keep", [False, True])
def test_the_patient_is_in_the_dicom_only_when_asked(made, tmp_path, keep):
    (file,) = made.save(tmp_path, "scan", ["dicom"], keep_identity=keep)
    written = dcmread(file)
    assert (written.PatientName == "Doe^Jane") == (written.PatientID == "MRN-77") == keep
    assert "request: moderate left pleural effusion" in written.DerivationDescription
    assert "seed 7" in written.DerivationDescription and written.ImageType[0] == "DERIVED"


def test_a_film_that_is_no_square_is_shown_as_one_and_written_at_its_own_pixels(tmp_path):
    film = np.tile(np.linspace(0.2, 0.7, 70, dtype=np.float32), (90, 1))
    asked = parse_prompt("effusion")
    tall = Counterfactual(Scan(film), Scan(film + 0.1), asked, "drawn", "anatomy-128", "ab" * 32, 0, 0.7)
    picture, alone = tall.save(tmp_path, "scan", ["png", "film"])
    assert Image.open(picture).size == (3 * 384 + 12, 384 + 24)
    assert alone.name == "scan-film.png"
    with Image.open(alone) as written:
        assert (written.mode, written.size) == ("L", (70, 90))
        assert (np.asarray(written)[:60] == np.rint(tall.counterfactual.pixels[:60] * 255)).all()
        assert np.asarray(written)[-1, 0] == 0  # black behind SYNTHETIC
    assert (tall.record()["size"], tall.record()["shape"]) == (90, [90, 70])
    assert [panel.pixels.shape[:2] for panel in tall.panels()] == [(90, 90)] * 3


def test_an_unknown_format_is_refused(made, tmp_path):
    with pytest.raises(BadInput, match="gif"):
        made.save(tmp_path / "new", "scan", ["png", "gif"])
    assert not (tmp_path / "new").exists()


def test_a_failure_writes_no_file_at_all(made, tmp_path, monkeypatch):
    made.save(tmp_path, "scan", ["json"])
    before = (tmp_path / "scan.json").read_text()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pydicom.Dataset.save_as", full)
    with pytest.raises(BadInput, match=r"scan\.dcm cannot be written \(No space left on device\)"):
        replace(made, seed=8).save(tmp_path, "scan")
    assert [file.name for file in tmp_path.iterdir()] == ["scan.json"]
    assert (tmp_path / "scan.json").read_text() == before


def test_a_folder_below_a_file_is_refused(made, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be written to"):
        made.save(tmp_path / "file" / "out", "scan")


def test_every_key_of_the_json_is_documented(made):
    formats = (Path(__file__).parents[1] / "docs" / "formats.md").read_text()
    keys = {*made.record(), *made.measured, "before", "after"} - set(made.judged)
    assert all(f"`{key}`" in formats for key in keys)
