"""Work on cohorts in shards: each study once, of its id alone, the same bytes whoever does it, gone on with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from film_weights import needs_net

import causaray
from causaray.app.cli import main
from causaray.batch.work import in_batches, study_id, study_seed
from causaray.classifiers.backbones import backbone
from causaray.classifiers.calibration import Calibrated
from causaray.cohorts import Cohort
from causaray.cohorts.drawn import is_drawn, requests, truths
from causaray.cohorts.phantom import prepare_phantom
from causaray.editors.saved import save_weights
from causaray.errors import BadInput

FINDING = "Pleural Effusion"
N = 10


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch") / "phantoms"
    prepare_phantom(folder, N, size=64)
    return folder


@pytest.fixture(scope="module")
def small_judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A judge that nobody has trained."""
    torch.manual_seed(0)
    names = [FINDING, "Edema"]
    config = {"method": "classifier", "name": "small", "names": names, "backbone": "small", "size": 32}
    folder = tmp_path_factory.mktemp("judge") / "small"
    save_weights(Calibrated(backbone("small", 2, 32), 2).eval(), config, folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def edit(phantoms: Path, weights: Path, out: Path, **options: object) -> Cohort:
    how = {"weights": weights, "shard_size": 4, "batch": 4} | options
    assert causaray.batch_edit(phantoms, "pleural effusion", out, **how).complete
    return Cohort.open(out)


def test_an_edited_cohort_is_of_the_same_studies_with_the_finding(phantoms, editor_folder, tmp_path, capsys):
    out = tmp_path / "out"
    asked = ["--prompt", "pleural effusion", "--weights", str(editor_folder), "--out", str(out), "--shard-size", "4"]
    assert main(["batch", "edit", str(phantoms), *asked]) == 0 and "10 edits in 3 shards" in capsys.readouterr().out
    made, source = Cohort.open(out), Cohort.open(phantoms)
    same = ["image", "patient", "split", "fold", "age", "view", "Edema"]
    pd.testing.assert_frame_equal(made.table[same], source.table[same], check_dtype=False)
    assert (made.table[FINDING] == 1).all() and set(made.table["cohort"]) == {"edited-phantom"}
    row = json.loads(made.table["row"].iloc[5])
    assert (row["synthetic"], row["of"], row["request"]) == ("true", source.table["image"][5], "pleural effusion")
    assert int(row["seed"]) == study_seed(0, study_id(source.table.iloc[5]))
    assert (made.pixels != source.pixels).any(axis=(1, 2)).all()


def test_bytes_do_not_depend_on_shards_jobs_or_what_is_beside(phantoms, editor_folder, tmp_path):
    one = edit(phantoms, editor_folder, tmp_path / "one")
    for size, jobs in ((3, 1), (10, 1)):
        other = edit(phantoms, editor_folder, tmp_path / f"{size}", shard_size=size, jobs=jobs)
        np.testing.assert_array_equal(one.pixels, other.pixels)
        pd.testing.assert_frame_equal(one.table, other.table)
    alone = edit(phantoms, editor_folder, tmp_path / "val", split="val")
    kept = one.subset(split="val")
    np.testing.assert_array_equal(alone.pixels, kept.pixels)
    assert alone.table["row"].tolist() == kept.table["row"].tolist()
    by_batch = edit(phantoms, editor_folder, tmp_path / "batch", batch=1)
    assert abs(by_batch.pixels.astype(int) - one.pixels).max() <= 1, "a level of grey, where a last bit rounds"


def test_jobs_of_an_array_make_what_one_does(phantoms, editor_folder, tmp_path):
    edit(phantoms, editor_folder, tmp_path / "one")
    how = {"weights": editor_folder, "shard_size": 4, "batch": 4}
    first = causaray.batch_edit(phantoms, "pleural effusion", tmp_path / "two", shard="1/2", **how)
    assert not first.complete and not (tmp_path / "two/cohort.json").exists()
    edit(phantoms, editor_folder, tmp_path / "two", shard="0/2")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


KILLED = """
import os, sys, causaray
causaray.batch_edit(sys.argv[1], "pleural effusion", sys.argv[3], weights=sys.argv[2], shard_size=4, batch=4,
                    progress=lambda done, total: os.kill(os.getpid(), 9))
"""


def test_killed_and_begun_again_no_study_is_done_twice(phantoms, editor_folder, tmp_path):
    edit(phantoms, editor_folder, tmp_path / "one")
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", KILLED, phantoms, editor_folder, tmp_path / "two"], env=here)
    assert ended.returncode == -9
    kept = (tmp_path / "two/shards/00000").stat().st_mtime_ns
    edit(phantoms, editor_folder, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert (tmp_path / "two/shards/00000").stat().st_mtime_ns == kept


def test_classified_and_measured_a_row_a_study(phantoms, editor_folder, small_judge, tmp_path):
    edit(phantoms, editor_folder, tmp_path / "edits")
    done = causaray.batch_classify(phantoms, tmp_path / "said", weights=small_judge, shard_size=4)
    assert (done.shards, done.results) == (3, N)
    told = json.loads((tmp_path / "said/classified.json").read_text())
    table = pd.concat([pd.read_parquet(tmp_path / "said" / one) for one in told["tables"]])
    assert table["study"].tolist() == [study_id(row) for _, row in Cohort.open(phantoms).table.iterrows()]
    assert table[told["findings"]].to_numpy().min() >= 0

    causaray.batch_evaluate(phantoms, tmp_path / "edits", tmp_path / "measured", judge=small_judge, shard_size=4)
    found = json.loads((tmp_path / "measured/measures.json").read_text())["findings"][FINDING]
    rows = pd.concat([pd.read_parquet(path) for path in sorted((tmp_path / "measured").rglob("*.parquet"))])
    assert len(rows) == N and found["before"]["n"] == N
    np.testing.assert_allclose(rows["before"], table[FINDING], atol=1e-5)
    assert found["moved"]["value"] == pytest.approx(float((rows["after"] - rows["before"]).mean()), abs=1e-5)
    with pytest.raises(BadInput, match="holds no edits of a cohort"):
        causaray.batch_evaluate(phantoms, tmp_path / "said", tmp_path / "none")


def test_a_cohort_is_balanced_in_shards_as_in_one(phantoms, editor_folder, tmp_path):
    source = Cohort.open(phantoms).subset(split="train")
    shown = int((source.labels([FINDING]) == 1).sum())
    how = {"weights": editor_folder, "finding": [FINDING], "to": shown + 5, "batch": 4}
    for size in (2, 5):
        causaray.batch_augment(phantoms, tmp_path / f"{size}", shard_size=size, **how)
    small, large = (Cohort.open(tmp_path / f"{size}") for size in (2, 5))
    np.testing.assert_array_equal(small.pixels, large.pixels)
    assert (large.table[FINDING] == 1).all() and (large.table["split"] == "train").all() and len(large) == 5
    assert large.table["patient"].isin(source.table["patient"]).all()


@needs_net
def test_pairs_drawn_in_shards_are_a_cohort_of_pairs(tmp_path):
    prepare_phantom(tmp_path / "films", 5, size=128)
    asked = ["moderate left pleural effusion", "pneumothorax"]
    for size in (2, 5):
        causaray.batch_draw(tmp_path / "films", asked, tmp_path / f"{size}", shard_size=size, batch=4)
    small, large = (Cohort.open(tmp_path / f"{size}") for size in (2, 5))
    assert is_drawn(small) and requests(small) == requests(large) and len(small)
    np.testing.assert_array_equal(small.pixels, large.pixels)
    (film, share), (again, _) = truths(small), truths(large)
    np.testing.assert_array_equal(film, again)
    assert film.shape == share.shape == (len(small), 1, 128, 128) and (film[:, 0] * 255 != small.pixels).any()


def test_what_cannot_be_done_is_refused_before_anything_is_written(phantoms, editor_folder, tmp_path):
    out = tmp_path / "out"
    for how, why in (
        ({"prompt": "fracture"}, "not trained on Fracture"),
        ({"prompt": "pleural effusion", "weights": "anatomy-128"}, "batch draw"),
        ({"prompt": "pleural effusion", "weights": editor_folder, "split": "other"}, "no frontal film of split other"),
    ):
        with pytest.raises(BadInput, match=why):
            causaray.batch_edit(phantoms, out=out, **({"weights": editor_folder} | how))
        assert not out.exists()
    edit(phantoms, editor_folder, out)
    with pytest.raises(BadInput, match="begun with another seed"):
        edit(phantoms, editor_folder, out, seed=1)
    with pytest.raises(BadInput, match="no prepared cohort"):
        causaray.batch_edit(tmp_path / "nowhere", "pleural effusion", tmp_path / "none", weights=editor_folder)


def test_batches_are_all_of_one_size():
    assert [(places.tolist(), n) for places, n in in_batches(5, 3)] == [([0, 1, 2], 3), ([3, 4, 4], 2)]
