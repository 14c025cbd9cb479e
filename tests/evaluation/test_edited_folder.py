import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from causaray.cohorts import Cohort
from causaray.errors import BadInput
from causaray.evaluation.edits.from_folder import EditedFolder
from causaray.evaluation.evaluate import evaluate
from causaray.imagefiles import write_png
from causaray.scan import Scan

pytestmark = pytest.mark.usefixtures("quick")
FAMILIES = ("effect", "identity", "realism", "soundness", "privacy", "reconstruction")


def test_any_editor_can_be_measured_by_its_images(cohort: Path, edited: Path, tmp_path: Path) -> None:
    report = evaluate(None, [cohort], tmp_path / "out", edited=edited, suite=FAMILIES)
    found = report["cohorts"]["nih"]
    assert report["about"]["weights"] == "peer" and report["about"]["strength"] is None
    assert set(found["effect"]) == {"Edema"}, "what was edited is what is measured"
    assert found["effect"]["Edema"]["raised"]["value"] == 1, "the judge reads the upper half, which became brighter"
    assert found["effect"]["Edema"]["change_other"]["value"] == pytest.approx(0, abs=1e-6)
    assert found["null_edit_equal"] is found["privacy"] is found["reconstruction"] is None
    assert "composition" not in found["soundness"], "a folder cannot be asked for more edits"
    page = (tmp_path / "out" / "index.html").read_text()
    assert "Not to be measured here: Privacy, Reconstruction." in page


def test_an_image_is_read_as_the_cohort_was(cohort: Path, edited: Path, tmp_path: Path) -> None:
    rows = Cohort.open(cohort).subset(split="test").frontal()
    made = EditedFolder.open(edited).edits("nih", rows, ("Edema",), tmp_path, lambda *_: None)
    pixels = torch.from_numpy(rows.images(np.arange(len(rows))))
    added, removed = made.pairs["Edema"]
    assert torch.equal(added[:, :, 32:], pixels[:, :, 32:]) and torch.equal(removed[:, :, 32:], pixels[:, :, 32:])
    assert torch.allclose(added[:, :, :32], (pixels[:, :, :32] + 0.1).clamp(0, 1), atol=1 / 255)


def test_two_editors_side_by_side(cohort: Path, weights: Path, edited: Path, tmp_path: Path) -> None:
    report = evaluate(weights, [cohort], tmp_path / "out", against=edited, suite=("effect",))
    ours, theirs = (report[key]["nih"]["effect"] for key in ("cohorts", "difference"))
    peer = report["against"]["cohorts"]["nih"]["effect"]
    assert set(ours) == set(peer) == {"Edema"}, "only what both were asked for"
    apart = theirs["Edema"]["as_edited"]
    assert apart["value"] == pytest.approx(ours["Edema"]["as_edited"]["value"] - peer["Edema"]["as_edited"]["value"])
    assert apart["low"] <= apart["value"] <= apart["high"]
    page = (tmp_path / "out" / "index.html").read_text()
    assert "tiny against peer" in page and "other editor" in page and "difference" in page


@pytest.fixture
def refusal(cohort: Path, edited: Path, tmp_path: Path) -> Callable[..., str]:
    """The sentence about an edited folder, given with `changed` lines of its table, before anything is written."""

    def refuse(old: str = "", new: str = "") -> str:
        table = edited / "edits.csv"
        table.write_text(table.read_text().replace(old, new))
        with pytest.raises(BadInput) as error:
            evaluate(None, [cohort], tmp_path / "out", edited=edited)
        assert not (tmp_path / "out").exists() and "\n" not in str(error.value)
        return str(error.value)

    return refuse


def test_a_missing_image(refusal: Callable[..., str], edited: Path) -> None:
    (edited / "3-present.png").unlink()
    assert "3-present.png is named in" in refusal()


def test_an_extra_image(refusal: Callable[..., str], edited: Path) -> None:
    write_png(Scan(np.random.default_rng(0).random((64, 64), np.float32)), edited / "more.png")
    assert "more.png is not named in" in refusal()


def test_an_image_that_was_not_edited(refusal: Callable[..., str], edited: Path) -> None:
    (edited / "3-absent.png").unlink()
    assert "holds no edit of images/3.png with Edema absent" in refusal("images/3.png,edema,absent,3-absent.png\n")


def test_an_image_of_another_split(refusal: Callable[..., str]) -> None:
    assert "names images/10.png, which is not in split test of nih" in refusal("images/3.png,", "images/10.png,")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "image,finding",
            "picture,finding",
            "Line 2 of .*edits.csv says no image; the columns should be image, finding",
        ),
        ("edema", "oedemata", "Line 2 of .*edits.csv: Unknown finding"),
        ("present,0", "added,0", "has the state added; it should be present or absent"),
        ("images/1.png,edema,present", "images/0.png,edema,present", "is the second edit of images/0.png with Edema"),
    ],
)
def test_a_table_that_does_not_say_what_it_should(refusal: Callable[..., str], old: str, new: str, said: str) -> None:
    assert re.search(said, refusal(old, new))


def test_a_folder_without_a_table(cohort: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no edits\.csv, whose columns image, finding, state, file"):
        evaluate(None, [cohort], tmp_path / "out", edited=tmp_path)


def test_an_empty_table(refusal: Callable[..., str], edited: Path) -> None:
    for image in edited.glob("*.png"):
        image.unlink()
    (edited / "edits.csv").write_text("image,finding,state,file\n")
    assert "edits.csv names no edit" in refusal()
