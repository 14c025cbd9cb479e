from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from causaray.app.cli import main
from causaray.classifiers import train_judge as training
from causaray.classifiers.groups import empirical_risk
from causaray.classifiers.judge import Judge
from causaray.classifiers.judge_augmentation import augment
from causaray.classifiers.judge_recipe import JudgeRecipe
from causaray.classifiers.judge_rows import chances, learnable, own_rows, positive_weights
from causaray.classifiers.labelled_rows import sampler
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.evaluation.statistics.accuracy import measure
from causaray.findings import NAMES
from causaray.nets.efficientnet_lite import EfficientNetLite
from causaray.training.recipe import load_plan

RECIPE = {
    "name": "tiny-judge", "method": "judge", "coarse": 32, "batch": 4, "fewest": 4,
    "views": [{"size": 32, "steps": 2}, {"size": 64, "steps": 2, "seed": 1}],
}  # fmt: skip


def cohort(n: int = 24, size: int = 32) -> Cohort:
    """Effusion is a bright lower half; folds alternate in pairs, so that both have both classes."""
    effusion = np.arange(n) % 2
    pixels = np.random.default_rng(0).integers(0, 120, (n, size, size), dtype=np.uint8)
    pixels[effusion == 1, size // 2 :] += 100
    labels = {name: np.full(n, np.nan) for name in NAMES} | {"Pleural Effusion": effusion.astype(float)}
    fold = np.where(np.arange(n) // 2 % 2 == 0, "judge", "guide")
    who = {"cohort": "made", "patient": np.arange(n).astype(str), "split": "train", "fold": fold, "open": True}
    card = {"size": size, "name": "made"}
    return Cohort(pd.DataFrame(who | labels | {"view": None}), (pixels,), np.zeros(n, int), np.arange(n), (card,))


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "phantom"
    prepare_phantom(folder, 90, size=64)
    return folder


@pytest.fixture
def arguments(phantoms, tmp_path, monkeypatch) -> list[str]:
    """Of the command; the nets start from nothing, which is there without the extra."""
    monkeypatch.setattr(training, "imagenet", EfficientNetLite)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(RECIPE))
    return ["train", str(tmp_path / "tiny.yaml"), "--cohorts", str(phantoms), "--out", str(tmp_path / "out")]


def test_the_command_trains_a_judge_that_loads_and_measures(arguments, phantoms, tmp_path, capsys):
    assert main(arguments) == 0
    folder = tmp_path / "out/tiny-judge"
    assert str(folder) in capsys.readouterr().out
    judge = Judge.load(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    measured = measure(judge, Cohort.open(phantoms).subset(split="train", fold="guide"), draws=5)
    assert measured and all(0 <= one["low"] <= one["high"] <= 1 for one in measured.values())


def test_a_training_that_was_stopped_resumes_to_the_same_weights(arguments, tmp_path, monkeypatch):
    assert main(arguments) == 0
    whole = Judge.load(tmp_path / "out/tiny-judge").digest
    again = [*arguments[:-1], str(tmp_path / "again")]
    with monkeypatch.context() as patch:
        patch.setattr(training, "train_member", stopped_at(1, training.train_member))
        with pytest.raises(KeyboardInterrupt):
            training.train(arguments[1], [Path(arguments[3])], tmp_path / "again")
    assert main([*again, "--resume"]) == 0
    assert Judge.load(tmp_path / "again/tiny-judge").digest == whole


def stopped_at(member: int, train):
    """Ctrl-C when this member is begun."""

    def until(rows, names, i, plan, work):
        if i == member:
            raise KeyboardInterrupt
        return train(rows, names, i, plan, work)

    return until


def test_cohorts_that_show_nothing_are_refused_in_a_sentence(arguments, tmp_path, capsys):
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump({**RECIPE, "fewest": 1000}))
    assert main(arguments) == 2
    assert "no finding is both present and absent in 1000 open images" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["judge-224", "judge-phantom-64"])
def test_the_recipes_of_the_judges_that_ship_are_valid(name):
    assert load_plan(name, JudgeRecipe).name == name


def test_a_judge_learns_from_no_patient_of_the_guide_and_none_of_split_test():
    rows = own_rows(cohort())
    assert set(rows.table["fold"]) == {"judge"} and len(rows) == 12


def test_a_finding_shown_too_rarely_is_not_learned():
    assert learnable(cohort(), 12) == ["Pleural Effusion"]
    with pytest.raises(BadInput, match="no finding is both present and absent in 13"):
        learnable(cohort(), 13)


def test_a_cohort_is_drawn_by_its_share_and_in_it_every_patient_alike():
    rows, labels = cohort(8), np.zeros((8, 1), np.float32)
    rows.table["cohort"] = ["a"] * 6 + ["b"] * 2
    rows.table["patient"] = ["many"] * 5 + ["one", "x", "y"]
    chance = chances(rows, labels, {"a": 3.0, "b": 1.0})
    np.testing.assert_allclose(chance, [0.075] * 5 + [0.375] + [0.125] * 2)
    drawn = sampler(chance, 4000, seed=0)(0)
    np.testing.assert_allclose(np.bincount(drawn, minlength=8) / 4000, chance, atol=0.03)


def test_a_cohort_without_a_share_has_one_by_what_it_teaches_and_what_teaches_nothing_is_not_drawn():
    labels = np.full((8, 15), np.nan, np.float32)
    labels[:4], labels[4:7, 0] = 1, 1
    rows = cohort(8)
    rows.table["cohort"] = ["much"] * 4 + ["little"] * 4
    np.testing.assert_allclose(chances(rows, labels, {}), [15 / 17 / 4] * 4 + [2 / 17 / 3] * 3 + [0])


def test_rare_findings_weigh_more():
    labels = np.array([[1.0, 1], [0, 1], [0, 0], [0, np.nan]])
    np.testing.assert_allclose(positive_weights(labels, np.full(4, 0.25)), [3**0.5, 0.5**0.5], rtol=1e-6)


def test_unknown_labels_cost_nothing():
    logits = torch.tensor([[3.0, -50.0]])
    known = empirical_risk(torch.ones(1), training.SMOOTHING)(logits[:, :1], torch.tensor([[1.0]]), torch.arange(1))
    unknown = torch.tensor([[1.0, torch.nan]])
    assert torch.isclose(empirical_risk(torch.ones(2), training.SMOOTHING)(logits, unknown, torch.arange(1)), known)


def test_augmented_images_keep_shape_and_range_and_differ():
    images = torch.rand(3, 1, 32, 32)
    augmented = augment(images)
    assert augmented.shape == images.shape and augmented.min() >= 0 and augmented.max() <= 1
    assert not torch.equal(augmented, images)
