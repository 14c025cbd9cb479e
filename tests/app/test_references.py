"""Edits that are pulled toward reference images of a rare finding, from the command line on."""

import json
from pathlib import Path

import numpy as np
import pytest
from made_radiograph import radiograph
from PIL import Image

import causaray
from causaray.app.cli import main
from causaray.classifiers.encoders import References

pytestmark = pytest.mark.usefixtures("judge")


@pytest.fixture
def shown(tmp_path) -> Path:
    """A folder of three other radiographs."""
    (tmp_path / "references").mkdir()
    for i in range(3):
        pixels = np.clip(radiograph().astype(int) + 20 * (i + 1), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "references" / f"{i}.png")
    return tmp_path / "references"


@pytest.fixture
def like(monkeypatch):
    """Whatever the references are, they look like the finding."""
    monkeypatch.setattr(References, "unlike", lambda self, images, name: False)


@pytest.mark.usefixtures("like")
def test_references_bring_the_edit_nearer_to_them_and_the_record_says_so(png, shown, editor_folder, tmp_path, capsys):
    arguments = ["edit", str(png), "--prompt", "pleural effusion", "--weights", str(editor_folder)]
    assert main([*arguments, "--out", str(tmp_path / "a"), "--references", str(shown), "--engine", "gradient"]) == 0
    record = json.loads((tmp_path / "a" / "patient-counterfactual.json").read_text())["pulled"]
    assert (record["engine"], record["encoder"], record["references"]) == ("gradient", "encoder-128", 3)
    assert record["distance"]["after"] < record["distance"]["before"]
    assert main([*arguments, "--out", str(tmp_path / "b")]) == 0
    assert json.loads((tmp_path / "b" / "patient-counterfactual.json").read_text())["pulled"] is None


def test_without_references_those_that_come_along_are_taken(png, editor_folder):
    (made,) = causaray.edit(png, "pneumonia", weights=editor_folder, engine="search")
    assert made.pulled is not None
    assert made.pulled["references"] == 10
    assert made.pulled["distance"]["after"] <= made.pulled["distance"]["before"]


def refused(capsys, *arguments: object) -> str:
    assert main(["edit", *map(str, arguments)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_what_cannot_be_a_reference_is_refused_and_nothing_is_written(png, shown, editor_folder, tmp_path, capsys):
    common = ("--weights", editor_folder, "--out", tmp_path / "out")
    asked = (png, *common, "--references", shown)
    Image.open(png).save(shown / "again.png")
    assert "patient under edit" in refused(capsys, *asked, "--prompt", "pneumonia")
    (shown / "again.png").unlink()
    assert "exactly one" in refused(capsys, *asked, "--prompt", "no pneumonia")
    assert "exactly one" in refused(capsys, *asked, "--prompt", "pneumonia and effusion")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no DICOM, PNG" in refused(capsys, png, *common, "--references", empty, "--prompt", "pneumonia")
    assert "no engine magic" in refused(capsys, png, *common, "--engine", "magic", "--prompt", "pneumonia")
    assert not (tmp_path / "out").exists()


def test_references_of_another_finding_are_refused(png, shown, editor_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(References, "unlike", lambda self, images, name: True)
    said = refused(capsys, png, "--weights", editor_folder, "--references", shown, "--prompt", "pneumonia")
    assert "look less like pneumonia than an average radiograph" in said
