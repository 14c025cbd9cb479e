import numpy as np
import pandas as pd
import pytest
import torch

from causaray.cohorts import Cohort
from causaray.errors import BadInput
from causaray.evaluation.accuracy import measure
from causaray.evaluation.judge import Judge
from causaray.findings import NAMES
from causaray.nets.efficientnet_lite import EfficientNetLite
from causaray.training import judge as recipe_module
from causaray.training.judge import JudgeRecipe, augment, batches, learnable, masked_loss, train_judge


def cohort(n: int = 24, size: int = 32) -> Cohort:
    """Effusion is a bright lower half; folds alternate in pairs, so that both have both classes."""
    effusion = np.arange(n) % 2
    pixels = np.random.default_rng(0).integers(0, 120, (n, size, size), dtype=np.uint8)
    pixels[effusion == 1, size // 2 :] += 100
    labels = {name: np.full(n, np.nan) for name in NAMES} | {"Pleural Effusion": effusion.astype(float)}
    fold = np.where(np.arange(n) // 2 % 2 == 0, "judge", "guide")
    who = {"cohort": "made", "patient": np.arange(n).astype(str), "split": "train", "fold": fold, "open": True}
    card = {"size": size, "name": "made"}
    return Cohort(pd.DataFrame(who | labels), (pixels,), np.zeros(n, int), np.arange(n), (card,))


def test_one_call_writes_a_judge_that_loads_and_measures(tmp_path, monkeypatch):
    monkeypatch.setattr(recipe_module, "imagenet", EfficientNetLite)
    train_judge(cohort(), tmp_path, recipe=JudgeRecipe(members=1, size=32, steps=2, batch=4, fewest=4))
    judge = Judge.load(tmp_path)
    assert judge.names == ("Pleural Effusion",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]
    measured = measure(judge, cohort().subset(fold="guide"), draws=5)["Pleural Effusion"]
    assert measured["positives"] == 6 and measured["images"] == 12
    assert 0 <= measured["low"] <= measured["high"] <= 1


def test_a_finding_shown_too_rarely_is_not_learned():
    assert learnable(cohort(), 12) == ["Pleural Effusion"]
    with pytest.raises(BadInput, match="no finding is both present and absent in 13"):
        learnable(cohort(), 13)


def test_a_cohort_has_its_share_of_a_batch_by_the_findings_it_teaches():
    labels = np.full((40, 6), np.nan)
    labels[:20, :5], labels[20:, 5] = 1, 1
    source = np.repeat(["many", "one"], 20)
    drawn = source[batches(labels, source, 32, seed=0)(0)].tolist()
    assert drawn.count("many") == 27 and drawn.count("one") == 5


def test_unknown_labels_cost_nothing():
    logits = torch.tensor([[3.0, -50.0]])
    known = masked_loss(logits[:, :1], torch.tensor([[1.0]]), torch.ones(1))
    assert torch.isclose(masked_loss(logits, torch.tensor([[1.0, torch.nan]]), torch.ones(2)), known)


def test_augmented_images_keep_shape_and_range_and_differ():
    images = torch.rand(3, 1, 32, 32)
    augmented = augment(images)
    assert augmented.shape == images.shape and augmented.min() >= 0 and augmented.max() <= 1
    assert not torch.equal(augmented, images)
