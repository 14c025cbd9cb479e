"""A cohort of phantoms: a prepared cohort like any other, whose rows can be drawn again as they truly would be."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from causaray.app.verbs.phantom import phantom
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import World, phantoms, prepare_phantom, truth
from causaray.cohorts.phantom.model import WORLD_NAMES
from causaray.errors import BadInput
from causaray.findings import NAMES, parse_prompt

N = 80


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return prepare_phantom(tmp_path_factory.mktemp("made") / "cohort", N, size=32, seed=3, common=0.5)


def test_it_is_a_cohort_like_any_other(cohort):
    table = cohort.table
    assert cohort.name == "phantom" and len(cohort) == table["patient"].nunique() == N
    assert set(table["split"]) == {"train", "val", "test"} and table["open"].all()
    assert set(table.loc[table["split"] == "train", "fold"]) == {"guide", "judge"}
    assert (table.loc[table["split"] != "train", "fold"] == "").all()
    known = ["No Finding", *WORLD_NAMES]
    assert np.isin(cohort.labels(known), (0, 1)).all()
    assert np.isnan(cohort.labels([name for name in NAMES if name not in known])).all()
    assert cohort.study(7).findings.get("Edema") is not None


def test_pixels_and_labels_are_those_of_the_world(cohort):
    patients = World(size=32, common=0.5).sample(N, seed=3)
    assert np.abs(cohort.images(range(N)) - patients.images.numpy()).max() <= 0.5 / 255 + 1e-6
    had = np.stack([patients.values["edema"].any(1), patients.values["fracture"].any(1)], 1)
    assert np.array_equal(cohort.labels(["Edema", "Fracture"]), had)
    assert np.array_equal(cohort.table["age"], patients.values["age"])


def test_the_truth_of_no_change_is_the_image(cohort):
    assert np.array_equal(truth(cohort, {}).numpy(), cohort.images(range(N)))


def test_truth_of_some_rows(cohort):
    test, request = cohort.subset(split="test"), parse_prompt("moderate left pleural effusion")
    rows = [int(json.loads(row)["index"]) for row in test.table["row"]]
    world = World(size=32, common=0.5)
    expected = world.counterfactual(world.at(3, rows), request).images
    assert truth(test, request).shape == (len(test), 1, 32, 32)
    assert (truth(test, request) - expected).abs().max() <= 0.5 / 255 + 1e-6


def test_cohorts_of_two_worlds_held_as_one(cohort, tmp_path):
    other = phantom(tmp_path / "other", 5, 32, seed=4, world=["hidden=1", "tail=1.5"])
    both = Cohort.concat([other, cohort])
    assert np.array_equal(truth(both, {}).numpy(), both.images(range(N + 5)))
    first, second = phantoms(both)
    assert first[1].world == World(size=32, hidden=1, tail=1.5) and list(first[0]) == [0, 1, 2, 3, 4]
    assert second[1].seed == 3 and len(second[0]) == N


def test_all_of_a_cohort_may_be_of_one_split(tmp_path):
    made = prepare_phantom(tmp_path / "made", 12, size=32, split="test")
    assert set(made.table["split"]) == {"test"} and set(made.table["fold"]) == {""}


def test_bad_input(cohort, tmp_path):
    with pytest.raises(BadInput, match='no split "exam"; it is one of train, val, test'):
        phantom(tmp_path / "none", 5, split="exam")
    with pytest.raises(BadInput, match="one or more"):
        prepare_phantom(tmp_path / "none", 0)
    with pytest.raises(BadInput, match="no setting 'tale'"):
        phantom(tmp_path / "none", 5, world=["tale=1"])
    with pytest.raises(BadInput, match="write it as in"):
        phantom(tmp_path / "none", 5, world=["tail"])
    with pytest.raises(BadInput, match="is a number"):
        phantom(tmp_path / "none", 5, world=["tail=steep"])
    assert not (tmp_path / "none").exists()
    (tmp_path / "there").write_text("")
    with pytest.raises(BadInput, match="is there already"):
        prepare_phantom(tmp_path / "there", 5)
    stranger = Cohort(pd.DataFrame({"row": ["{}"]}), cohort.shards, cohort.shard[:1], cohort.place[:1], cohort.cards)
    with pytest.raises(BadInput, match="is no phantom"):
        truth(stranger, {})


def test_a_cohort_that_was_drawn_otherwise(cohort):
    other = Cohort(cohort.table, (255 - cohort.shards[0],), cohort.shard, cohort.place, cohort.cards)
    with pytest.raises(BadInput, match="another version"):
        truth(other, {})


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    one, two = (prepare_phantom(tmp_path / name, 4, size=32) for name in ("one", "two"))
    assert torch.equal(torch.from_numpy(np.array(one.pixels)), torch.from_numpy(np.array(two.pixels)))
    assert one.cards[0]["digest"] == two.cards[0]["digest"]


def test_a_cohort_written_before_a_setting_came_keeps_its_truth(cohort):
    table = cohort.table.copy()
    table["row"] = [json.dumps({k: v for k, v in json.loads(row).items() if k != "hidden_in"}) for row in table["row"]]
    older = Cohort(table, cohort.shards, cohort.shard, cohort.place, cohort.cards)
    assert torch.equal(truth(older, parse_prompt("no edema")), truth(cohort, parse_prompt("no edema")))
