import json
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from causaray import parse_prompt
from causaray.cohorts import open_cohorts
from causaray.cohorts.phantom import prepare_phantom, truth
from causaray.experiments.downstream import counted, evenly, youden
from causaray.systems.causal_disentanglement.experiments import table5 as augmentation
from causaray.systems.causal_disentanglement.experiments.ablation import Setting
from causaray.systems.causal_disentanglement.experiments.table5 import DIETS, TRUE, diets
from causaray.training.recipe import load_recipe


def test_measures_are_those_of_sklearn() -> None:
    rng = np.random.default_rng(0)
    truth, score = rng.integers(0, 2, 80), rng.random(80)
    found, called = counted(truth, score, 0.4), score >= 0.4
    assert found == pytest.approx(
        {
            "auc": metrics.roc_auc_score(truth, score),
            "accuracy": metrics.accuracy_score(truth, called),
            "sensitivity": metrics.recall_score(truth, called),
            "specificity": metrics.recall_score(truth, called, pos_label=0),
            "ppv": metrics.precision_score(truth, called),
            "npv": metrics.precision_score(truth, called, pos_label=0),
            "f1": metrics.f1_score(truth, called),
        }
    )


def test_a_share_of_nothing_is_no_number() -> None:
    assert np.isnan(counted(np.array([0, 1]), np.array([0.1, 0.2]), 0.9)["ppv"])


def test_the_threshold_is_where_ill_and_well_part_best() -> None:
    truth, score = np.array([0, 0, 0, 1, 1, np.nan]), np.array([0.1, 0.2, 0.6, 0.5, 0.9, 0.0])
    threshold = youden(truth, score)
    assert 0.2 < threshold <= 0.5
    assert youden(np.array([0.0, np.nan]), np.array([0.1, 0.2])) == 0.5


def test_oversampling_draws_the_rarest_finding_as_often_as_the_most_common() -> None:
    labels = np.array([[1, 0]] * 6 + [[0, 1]] * 2 + [[0, np.nan]] * 2, float)
    chance = evenly(labels)
    assert chance.sum() == pytest.approx(1)
    assert chance[labels[:, 0] == 1].sum() == pytest.approx(chance[labels[:, 1] == 1].sum())


def test_diets_are_those_of_the_paper() -> None:
    assert [diet.generator is None for diet in DIETS] == [True, True, False, False, False, False]
    assert [(diet.generator.pull, diet.generator.ships) for diet in DIETS if diet.generator] == [
        (False, False), (False, False), (True, False), (False, True),
    ]  # fmt: skip
    assert diets(phantoms=True) == (*DIETS, TRUE) and diets(phantoms=False) == DIETS


def test_classifiers_of_all_diets_are_trained_and_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_recipe: Path
) -> None:
    pytest.importorskip("transformers", reason="ResNet-18 comes from the extra `research`")
    pytest.importorskip("matplotlib")
    from causaray.app.verbs.reproduce import reproduce

    prepare_phantom(tmp_path / "phantom", 300, size=64)
    monkeypatch.setattr(augmentation, "STEPS", 2)
    monkeypatch.setattr(augmentation, "augment", _few)
    found = reproduce(
        "table5", tiny_recipe, [tmp_path / "phantom"], tmp_path / "docs", seeds=2, work=tmp_path / "runs",
        tell=lambda _: None,
    )  # fmt: skip
    assert list(found) == [diet.name for diet in diets(True) if not (diet.generator and diet.generator.pull)]
    assert all(len(row["auc"]["values"]) == 2 and 0 < row["auc"]["mean"] < 1 for row in found.values())
    assert found["real"]["auc"] != found["+ system 1 without L_P"]["auc"]


def test_true_counterfactuals_balance_a_cohort_and_are_those_of_the_world(tmp_path: Path) -> None:
    cohort = prepare_phantom(tmp_path / "phantom", 120, size=32)
    names = ["Edema", "Fracture"]
    made = augmentation.true_counterfactuals(tmp_path / "phantom", tmp_path / "true", names)
    rows = cohort.subset(split="train")
    shown = (rows.labels(names) == 1).sum(0) + (made.labels(names) == 1).sum(0)
    assert shown.min() >= (rows.labels(names) == 1).sum(0).max()
    told = json.loads(made.table["row"][3])
    own = cohort.subset(mask=cohort.table["image"] == told["of"])
    request = parse_prompt(f"{told['severity']} {told['shows']}")
    assert np.abs(truth(own, request).numpy() - made.images([3])).max() <= 0.6 / 255


def test_each_cohort_gets_images_of_its_own_patients(tmp_path: Path) -> None:
    for seed in (1, 2):
        prepare_phantom(tmp_path / str(seed), 60, size=64, seed=seed)
    prepare_phantom(tmp_path / "exam", 20, size=64, seed=3, split="test")
    cohorts = [tmp_path / name for name in ("1", "2", "exam")]
    setting = Setting(load_recipe("ablation-64"), cohorts, "judge-phantom-64", range(1), None, tmp_path / "work")
    real = open_cohorts(cohorts).subset(split="train")
    food, _ = augmentation.prepared(TRUE, real, ["Edema", "Fracture"], setting, lambda _: None)
    synthetic = [row for row in map(json.loads, food.table["row"]) if row.get("synthetic")]
    assert {row["of"].split("-")[1] for row in synthetic} == {"1", "2"}
    assert len({(row["of"], row["shows"], row["seed"]) for row in synthetic}) == len(synthetic)


def _few(*arguments, **options):
    """The real thing, of fewer images."""
    from causaray.experiments.augment import augment

    return augment(*arguments, **options | {"findings": ["Fracture"], "to": 40})
