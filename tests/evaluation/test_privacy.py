from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import pairwise_distances, roc_auc_score

from causaray.evaluation.measures.privacy import COPY, coarse_pixels, membership, nearest_distance, privacy


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def cohort(rng: np.random.Generator) -> dict[str, Any]:
    """Images of 150 patients, two each, that are more alike within a patient; the last 30 patients are held out."""
    patients = np.repeat(np.arange(150), 2)
    images = rng.normal(size=(150, 12))[patients] + 0.3 * rng.normal(size=(300, 12))
    inside = patients < 120
    return {
        "train": images[inside], "train_patients": patients[inside],
        "held_out": images[~inside], "held_patients": patients[~inside],
    }  # fmt: skip


def test_coarse_pixels_are_means_in_the_same_grey_levels() -> None:
    images = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    flat = coarse_pixels(images)
    assert flat.shape == (2, 32 * 32)
    assert flat[1, 33] == pytest.approx(images[1, 0, 2:4, 2:4].mean().item())


def test_nearest_distance_agrees_with_scikit_learn_and_leaves_the_own_patient_out(rng: np.random.Generator) -> None:
    x, gallery = rng.normal(5, 1, (1100, 3)), rng.normal(5, 1, (40, 3))
    owners, patients = np.arange(1100) % 20, np.arange(40) % 20
    apart = np.where(owners[:, None] == patients, np.inf, pairwise_distances(x, gallery))
    assert nearest_distance(x, owners, gallery, patients) == pytest.approx(apart.min(1) / np.sqrt(3), rel=1e-4)
    assert np.isinf(nearest_distance(x[:1], owners[:1], gallery[:1], patients[:1])).all()


def test_edits_of_held_out_patients_are_no_nearer_than_their_images(
    cohort: dict[str, Any], rng: np.random.Generator
) -> None:
    made = cohort["held_out"] + 0.1 * rng.normal(size=cohort["held_out"].shape)
    found = privacy(made, cohort["held_patients"], **cohort)
    assert found["nearest"]["ratio"]["low"] < 1 < found["nearest"]["ratio"]["high"]
    assert found["nearest"]["ratio"]["high"] - found["nearest"]["ratio"]["low"] < 0.2, "compared in pairs"
    assert found["copies"]["made"]["value"] <= 0.05 and found["copies"]["real"]["value"] <= 0.05
    assert found["membership"]["auc"]["low"] < 0.5 < found["membership"]["auc"]["high"]


def test_planted_copies_are_found(cohort: dict[str, Any], rng: np.random.Generator) -> None:
    fresh = rng.normal(size=(60, 12))
    planted = cohort["train"][::8] + 0.02 * rng.normal(size=(30, 12))
    made, owners = np.concatenate([fresh, planted]), 1000 + np.arange(90)
    found = privacy(made, owners, **cohort)
    assert found["copies"]["made"]["value"] == pytest.approx(30 / 90, abs=0.03)
    assert found["nearest"]["ratio"]["high"] < 1.1
    assert found["membership"]["auc"]["low"] > 0.5
    memory = privacy(cohort["train"], 1000 + np.arange(240), **cohort)
    assert memory["copies"]["made"]["value"] == 1 and memory["nearest"]["ratio"]["value"] == 0
    assert memory["membership"]["auc"]["value"] == 1


def test_the_threshold_lets_the_agreed_share_of_real_images_through(cohort: dict[str, Any]) -> None:
    found = privacy(cohort["held_out"], cohort["held_patients"], **cohort)
    train, patients = cohort["train"], cohort["train_patients"]
    apart = nearest_distance(train, patients, train, patients)
    assert (apart < found["copies"]["threshold"]).mean() == pytest.approx(COPY, abs=1 / len(train))
    assert found["nearest"]["ratio"]["value"] == 1


def test_membership_is_the_auroc_of_the_scores(rng: np.random.Generator) -> None:
    members, others = rng.normal(1, 1, 80), rng.normal(0, 1, 60)
    found = membership(members, np.arange(80), others, 100 + np.arange(60))
    reference = roc_auc_score(np.repeat([1, 0], [80, 60]), np.concatenate([members, others]))
    assert found["auc"]["value"] == pytest.approx(reference)
    assert found["auc"]["low"] > 0.6 and (found["auc"]["n"], found["auc"]["patients"]) == (140, 140)
    assert found["shuffled"]["low"] < 0.5 < found["shuffled"]["high"]
