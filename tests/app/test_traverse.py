"""The verb `traverse`."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_prior import save_tiny_prior

import causaray
from causaray import BadInput
from causaray.app.cli import main

pytest.importorskip("diffusers")


@pytest.fixture(scope="session")
def prior(editor_folder: Path, tmp_path_factory) -> Path:
    return save_tiny_prior(editor_folder, tmp_path_factory.mktemp("prior") / "tiny-prior")


def test_a_film_is_written_and_kept_to_its_seed(prior: Path, tmp_path: Path) -> None:
    made = causaray.traverse("pneumonia", prior, tmp_path / "out", steps=10, frames=4)
    assert [file.name for file in made.files] == ["trajectory.gif", "filmstrip.png"]
    assert (made.before, made.after) == ("no finding", "pneumonia")
    assert made.frames.shape == (4, 64, 64) and made.frames.min() >= 0 and made.frames.max() <= 1
    assert made.length > 0 and made.turning[0] == pytest.approx(1)
    with Image.open(made.files[0]) as film:
        assert film.format == "GIF"
    again, other = (causaray.traverse("pneumonia", prior, steps=10, frames=4, seed=s) for s in (0, 1))
    assert np.array_equal(made.frames, again.frames)
    assert not np.array_equal(made.frames, other.frames)


def test_a_radiograph_can_be_its_start(prior: Path, png: Path) -> None:
    made, without = (causaray.traverse("pneumonia", prior, image=i, steps=10, frames=2) for i in (png, None))
    assert not np.array_equal(made.frames, without.frames)


@pytest.mark.parametrize(
    ("options", "message"), [({"curve": "spiral"}, "no curve"), ({"frames": 1}, "no film"), ({"steps": 9}, "too few")]
)
def test_what_cannot_be_walked_is_said(prior: Path, tmp_path: Path, options, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        causaray.traverse("pneumonia", prior, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_finding_that_the_prior_was_never_told_is_refused(prior: Path) -> None:
    with pytest.raises(BadInput, match="never told edema"):
        causaray.traverse("edema", prior)


def test_on_the_command_line(prior: Path, tmp_path: Path, capsys) -> None:
    command = ["traverse", "pneumonia", "--prior", str(prior), "--from", "no pneumonia", "--steps", "10"]
    assert main([*command, "--frames", "3", "--out", str(tmp_path / "out")]) == 0
    assert "no pneumonia to pneumonia: 3 synthetic frames" in capsys.readouterr().out
