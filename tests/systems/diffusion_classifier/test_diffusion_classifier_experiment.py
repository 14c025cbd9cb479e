"""The experiment of the diffusion classifier: its figures by hand, and its page of a training too short to learn."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from causaray.app.verbs.reproduce import reproduce
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.systems.diffusion_classifier import counterfactuals, experiment, worlds
from causaray.systems.diffusion_classifier.measured import by_decision, over_draws, stopping
from causaray.systems.diffusion_classifier.worlds import Part, World

RECIPE = {
    "name": "tiny", "about": "A test.", "method": "diffusion-classifier", "size": 64, "finding": "Pleural Effusion",
    "levels": 3, "dim": 16, "layers": 1, "axes": 4, "draws": 5, "augment": 0.0,
    "run": {"steps": 2, "batch": 6, "lr": 1.0e-3},
}  # fmt: skip


def part(present: list[bool], group: list[int]) -> Part:
    patients = np.array([f"p{i}" for i in range(len(present))])
    return Part(torch.zeros(len(present), 1, 2, 2), np.array(present), patients, np.array(group))


def test_figures_by_hand() -> None:
    known = part([True, False, True, False], [0, 0, 1, 1])
    world = World("by hand", "Edema", known, known, known, ("no device", "device"))
    evidence = np.array([[1.0, 1.0, 1.0], [-1.0, -1.0, 5.0], [2.0, 1.0, 2.0], [-2.0, -1.0, -3.0]])
    bins = np.array([0, 1, 1])
    found = over_draws(world, evidence, evidence, bins)
    assert found["vote"] == {"1": 1.0, "3": 1.0}
    assert found["mean"] == {"1": 1.0, "3": 0.75}  # of the second image the third draw outweighs the others
    scores = by_decision(world, evidence, evidence, bins)
    figures = scores["mean"].figures(world, scores["vote"])
    assert figures["accuracy"]["value"] == 0.75 and figures["half"]["value"] == 1.0
    assert figures["mcnemar"]["only_one"] == 0 and figures["mcnemar"]["only_other"] == 1
    assert figures["groups"]["worst"]["value"] == 0.5 and figures["groups"]["worst"]["group"] == "no device"
    stopped = stopping(world, evidence, evidence)
    assert (
        stopped["share"]["value"] == 1.0 and stopped["lost"]["value"] == 0.0
    )  # three draws are fewer than the first look


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(RECIPE))
    return path


def test_the_page_holds_what_was_measured(recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers", reason="ResNets need the extra `prior`")
    for module, name, value in (
        (worlds, "VAL", 16), (worlds, "TEST", 16), (worlds, "CORRELATIONS", (0.9,)),
        (experiment, "RIVAL_STEPS", 1),
        (counterfactuals, "STRENGTHS", (0.6,)), (counterfactuals, "GUIDANCES", (2.0,)), (counterfactuals, "STRIPS", 1),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    out = tmp_path / "page"
    found = reproduce(
        "diffusion-classifier", recipe, [], out, seeds=1, limit=16, judge="judge-phantom-64", work=tmp_path / "work",
        tell=lambda what: None,
    )  # fmt: skip
    assert list(found) == ["phantoms, D_90"]
    (one,) = found["phantoms, D_90"]
    assert set(one["classifiers"]) == {
        "vote", "mean", "paired t", "weighted mean", "Gaussians alone, mean of 25 draws", "ResNet-18, ERM",
        "ResNet-18, Group-DRO",
    }  # fmt: skip
    assert one["counterfactuals"]["images"] == 16 and len(one["classifiers"]["vote"]["groups"]["groups"]) == 4
    page = (out / "table.md").read_text(encoding="utf-8")
    assert "| paper, U-Net, vote | 67.0 | 71.6 | 75.0 |" in page and str(tmp_path) not in page
    assert json.loads((out / "results.json").read_text())["worlds"].keys() == found.keys()
    assert (out / "counterfactuals.png").is_file()


def test_what_cannot_be_measured_is_refused(recipe: Path, tmp_path: Path) -> None:
    cohort = tmp_path / "cohort"
    prepare_phantom(cohort, 40, size=64)
    with pytest.raises(BadInput, match="does not both show and lack Pleural Effusion in 20 images"):
        reproduce("diffusion-classifier", recipe, [cohort], tmp_path / "out", work=tmp_path / "work")
    recipe.write_text(yaml.safe_dump(RECIPE | {"size": 128}))
    with pytest.raises(BadInput, match="prepared at 64 px; recipe tiny needs 128 px"):
        reproduce("diffusion-classifier", recipe, [cohort], tmp_path / "out", work=tmp_path / "work")
    assert not (tmp_path / "out").exists() and not (tmp_path / "work").exists()
