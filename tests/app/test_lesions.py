"""Where findings are: as pictures, as DICOM segmentations, and in what `info` says."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from film_weights import needs_net
from PIL import Image
from pydicom import dcmread

import causaray
from causaray import weightfiles
from causaray.editors.edit import Shares
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.imagefiles.masks import enlarged, mask_png

DEMO = Path(causaray.__file__).parent / "app" / "demo"
needs_weights = pytest.mark.skipif(
    not (weightfiles.SHIPPED / "cxr-128" / weightfiles.MODEL).is_file(), reason="cxr-128 is not there"
)


def _halves(mask: np.ndarray) -> tuple[float, float]:
    """The mean of a mask on the patient's right, which is left in the picture, and on the patient's left."""
    middle = mask.shape[1] // 2
    return float(mask[:, :middle].mean()), float(mask[:, middle:].mean())


@needs_net
@needs_weights
def test_what_is_added_has_a_mask_on_its_side_as_png_and_as_dicom(tmp_path: Path) -> None:
    pytest.importorskip("highdicom")
    film, asked = DEMO / "adult.jpg", "severe left pleural effusion, moderate cardiomegaly"
    (made,) = causaray.edit(film, asked, tmp_path / "a", dicom=True, lesions=True)
    names = [file.name for file in made.files]
    assert names[-2:] == ["adult-counterfactual-lesions.png", "adult-counterfactual-lesions.dcm"]
    mask = np.asarray(Image.open(made.files[-2]))
    assert mask.dtype == np.uint8 and mask.shape == made.factual.pixels.shape
    right, left = _halves(made.masks()["Pleural Effusion"])
    assert left > 10 * right and left > 25, "a severe effusion fills a good part of a lung"
    written = dcmread(made.files[-1])
    labels = [segment.SegmentLabel for segment in written.SegmentSequence]
    assert sorted(labels) == ["Cardiomegaly", "Pleural Effusion"]
    assert np.array_equal(written.pixel_array.max(0), mask)
    image = dcmread(made.files[2])
    assert written.StudyInstanceUID == image.StudyInstanceUID and written.PatientID == image.PatientID
    assert written.SourceImageSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID
    (again,) = causaray.edit(film, asked, tmp_path / "b", dicom=True, lesions=True)
    one, other = (hashlib.sha256(edit.files[-1].read_bytes()).hexdigest() for edit in (made, again))
    assert one == other, "nothing of the present time is written"
    with pytest.raises(BadInput, match="earlier results"):
        causaray.edit(tmp_path / "a", "edema", tmp_path / "c")


@needs_net
@needs_weights
def test_what_is_taken_away_has_a_mask_where_it_was(tmp_path: Path) -> None:
    (made,) = causaray.edit(DEMO / "adult-effusion.jpg", "no pleural effusion", tmp_path, lesions=True)
    right, left = _halves(np.asarray(Image.open(tmp_path / "adult-effusion-counterfactual-lesions.png")))
    assert right > 10 * left
    told = causaray.info(DEMO / "adult-effusion.jpg")["lesions"]
    assert told["Pleural Effusion"]["right"] > 0.1 > told["Pleural Effusion"]["left"]
    before = {side: one["before"] for side, one in made.lesions["Pleural Effusion"].items()}
    assert told["Pleural Effusion"] == pytest.approx(before, abs=0.01)


@needs_net
def test_what_is_drawn_has_the_mask_that_it_was_drawn_by(tmp_path: Path) -> None:
    film = DEMO / "adult.jpg"
    (made,) = causaray.edit(film, "moderate right upper lobe consolidation", tmp_path, editor="drawn", lesions=True)
    mask = np.asarray(Image.open(made.files[-1]))
    changed = np.abs(made.difference) > 0.02
    assert (mask[changed] > 0).mean() > 0.8 and _halves(mask)[0] > 10 * _halves(mask)[1]


def test_weights_that_do_not_tell_are_refused(png: Path, editor_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="tiny does not tell where findings are"):
        causaray.edit(png, "pneumonia", tmp_path / "out", weights=editor_folder, lesions=True)
    assert not (tmp_path / "out").exists()


def test_which_map_is_meant_by_a_request() -> None:
    torch = pytest.importorskip("torch")
    before, after = torch.zeros(1, 2, 2, 2), torch.ones(1, 2, 2, 2)
    before[0, 1, 0, 0] = 0.8
    shares = Shares(("Edema", "Mass"), before, after)
    asked = shares.asked(parse_prompt("edema, no mass, possible pneumonia"), 0)
    assert torch.equal(asked["Edema"], after[0, 0]) and torch.equal(asked["Mass"], before[0, 1])
    assert list(shares.asked(parse_prompt("normal"), 0)) == ["Mass"], "of nothing there, nothing is taken away"


def test_a_mask_covers_the_film_and_shows_the_largest_of_several(tmp_path: Path) -> None:
    share = np.array([[0.0, 1.0]], np.float32)
    mask = enlarged(share, (4, 8))
    assert mask.shape == (4, 8) and (mask[:, 0] == 0).all() and (mask[:, -1] == 255).all()
    (tmp_path / "m.png").write_bytes(mask_png({"a": mask, "b": mask[:, ::-1]}, mask.shape))
    shown = np.asarray(Image.open(tmp_path / "m.png"))
    assert np.array_equal(shown, np.maximum(mask, mask[:, ::-1]))
    (tmp_path / "none.png").write_bytes(mask_png({}, (4, 8)))
    assert not np.asarray(Image.open(tmp_path / "none.png")).any()
