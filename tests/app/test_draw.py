import csv
import json

import numpy as np
import pytest
from film_weights import needs_net
from PIL import Image

import causaray
from causaray.app.cli import main
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    folder = tmp_path_factory.mktemp("draw") / "phantoms"
    prepare_phantom(folder, 4, size=128)
    return folder


@needs_net
def test_pairs_with_their_truth_and_as_files(phantoms, tmp_path, capsys):
    asked = ["--findings", "moderate left pleural effusion", "--findings", "pneumothorax"]
    assert main(["draw", str(phantoms), *asked, "--out", str(tmp_path / "out"), "--images"]) == 0
    out, said = tmp_path / "out", capsys.readouterr().out
    pixels, truth, share = (np.load(out / f"{name}.npy") for name in ("pixels", "truth", "share"))
    assert f"{len(truth)} pairs" in said
    assert pixels.shape == truth.shape == share.shape == (len(truth), 128, 128) and share.dtype == np.uint8
    assert (np.abs(truth.astype(int) - pixels)[share > 200] > 0).mean() > 0.5
    assert json.loads((out / "pairs.json").read_text())["findings"] == [asked[1], asked[3]]
    rows = list(csv.DictReader((out / "pairs.csv").open()))
    assert len(rows) == len(truth)
    for row, kind, sheet in ((rows[0], "film", pixels), (rows[0], "truth", truth), (rows[0], "share", share)):
        with Image.open(out / row[kind]) as picture:
            assert np.array_equal(np.asarray(picture), sheet[0])
    assert len(causaray.Cohort.open(out)) == len(truth)


@pytest.mark.parametrize(
    ("findings", "why"),
    [
        ((), "by --findings"),
        pytest.param(("no effusion",), "not taken away", marks=needs_net),
        pytest.param(("left middle lobe pneumonia",), "say upper lobe or lower lobe", marks=needs_net),
        pytest.param(("hernia",), "cannot be drawn", marks=needs_net),
        pytest.param(("moderate left",), "without a finding", marks=needs_net),
    ],
)
def test_what_cannot_be_drawn_writes_nothing(phantoms, tmp_path, findings, why):
    with pytest.raises(BadInput, match=why):
        causaray.draw(phantoms, findings, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_prepared_cohort(tmp_path, capsys):
    assert main(["draw", str(tmp_path), "--findings", "edema", "--out", str(tmp_path / "out")]) == 2
    assert "There is no prepared cohort in" in capsys.readouterr().err and not (tmp_path / "out").exists()
