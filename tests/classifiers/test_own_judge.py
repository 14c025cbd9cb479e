"""A judge of one's own, from a recipe of method `classifier`."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from causaray.app.cli import main
from causaray.classifiers import own_judge
from causaray.classifiers.judge import Judge
from causaray.classifiers.recipe import ClassifierRecipe
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.evaluation.evaluate import evaluate
from causaray.imagefiles import write_png
from causaray.nets.guide import blur
from causaray.scan import Scan
from causaray.training.recipe import validated

RECIPE = {
    "name": "mine", "method": "classifier", "backbone": "small", "size": 32, "labels": ["Pleural Effusion", "Edema"],
    "fewest": 4, "objective": "group-dro", "group": ["sex", "Pleural Effusion"], "steps": 3, "batch": 6, "lr": 1e-3,
}  # fmt: skip


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "phantom"
    prepare_phantom(folder, 90, size=64)
    return folder


def command(folder: Path, phantoms: Path, out: str, **changed: object) -> list[str]:
    recipe = folder / f"{out}.yaml"
    recipe.write_text(yaml.safe_dump({**RECIPE, **changed}))
    return ["train", str(recipe), "--cohorts", str(phantoms), "--out", str(folder / out)]


@pytest.fixture(scope="module")
def folder(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of a judge that was trained for three steps."""
    here = tmp_path_factory.mktemp("own")
    assert main(command(here, phantoms, "out")) == 0
    return here / "out/mine"


def test_the_command_trains_a_judge_that_loads(folder: Path, phantoms: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    config = json.loads((folder / "config.json").read_text())
    assert config["names"] == ["Pleural Effusion", "Edema"] and "path" not in config["cohorts"][0]
    assert {"sex F, Pleural Effusion 1.0", "sex M, Pleural Effusion 0.0"} <= set(config["groups"])
    judge = Judge.load(folder)
    said = judge.predict(blur(torch.rand(3, 1, 90, 80), 3))
    assert judge.names == ("Pleural Effusion", "Edema") and said.shape == (3, 2) and said.min() > 0 and said.max() < 1
    assert (judge.net.slope != 1).all(), "its probabilities are calibrated"


def test_a_reward_learns_from_patients_of_fold_guide_alone(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Cohort] = []
    learned = own_judge.over_groups
    monkeypatch.setattr(own_judge, "over_groups", lambda rows, plan: (seen.append(rows), learned(rows, plan))[1])
    assert main(command(tmp_path, phantoms, "out", fold="guide", fewest=2, objective="erm", group=[])) == 0
    assert set(seen[0].table["fold"]) == {"guide"} and set(seen[0].table["split"]) == {"train"}
    assert Judge.load(tmp_path / "out/mine").names == ("Pleural Effusion", "Edema")


def test_edits_are_measured_by_it(folder: Path, phantoms: Path, tmp_path: Path) -> None:
    test, rows = Cohort.open(phantoms).subset(split="test").frontal(), ["image,finding,state,file"]
    (tmp_path / "peer").mkdir()
    for i, (image, pixels) in enumerate(zip(test.table["image"], test.images(np.arange(len(test))), strict=True)):
        write_png(Scan(pixels[0]), tmp_path / f"peer/{i}.png")
        write_png(Scan(pixels[0] * 0.9), tmp_path / f"peer/{i}-less.png")
        rows += [f"{image},pleural effusion,present,{i}.png", f"{image},pleural effusion,absent,{i}-less.png"]
    (tmp_path / "peer/edits.csv").write_text("\n".join(rows) + "\n")
    report = evaluate(None, [phantoms], tmp_path / "out", edited=tmp_path / "peer", judge=folder, suite=("effect",))
    assert report["about"]["judge"] == Judge.load(folder).digest
    assert set(next(iter(report["cohorts"].values()))["effect"]) == {"Pleural Effusion"}


@pytest.mark.parametrize("changed", [{"objective": "erm", "group": []}, {"objective": "reweighting", "labels": []}])
def test_other_objectives_and_all_findings(changed: dict, phantoms: Path, tmp_path: Path) -> None:
    assert main(command(tmp_path, phantoms, "out", **changed)) == 0
    assert "Pleural Effusion" in Judge.load(tmp_path / "out/mine").names


def test_a_training_that_was_stopped_resumes_to_the_same_weights(
    folder: Path, phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = command(tmp_path, phantoms, "out")

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(own_judge, "calibrate", stop)
        with pytest.raises(KeyboardInterrupt):
            own_judge.train(arguments[1], [phantoms], tmp_path / "out")
    assert main([*arguments, "--resume"]) == 0
    assert Judge.load(tmp_path / "out/mine").digest == Judge.load(folder).digest


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"labels": ["Hernia"]}, "Hernia is not both present and absent in 4 rows of fold judge or split val"),
        ({"group": ["shoe"]}, "shoe is no column of a prepared cohort"),
        ({"group": []}, "objectives reweighting and group-dro need group"),
        ({"photographs": True}, "photographs goes with backbone efficientnet-lite0, alexnet, vgg16 alone"),
        ({"backbone": "swin"}, "backbone"),
    ],
)
def test_what_cannot_be_learned_is_refused_in_a_sentence(
    changed: dict, said: str, phantoms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(tmp_path, phantoms, "out", **changed)) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_images_are_not_compared_by_a_net_without_such_features(folder: Path) -> None:
    with pytest.raises(BadInput, match="leave out of --suite what compares images"):
        Judge.load(folder).net.members  # noqa: B018


def test_weights_of_another_backbone_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    refused = (({"backbone": "alexnet"}, "does not hold the weights"), ({"backbone": "swin"}, "no backbone"))
    for changed, said in refused:
        config = json.loads((folder / "config.json").read_text())
        (tmp_path / "config.json").write_text(json.dumps(config | changed))
        with pytest.raises(BadInput, match=said):
            Judge.load(tmp_path)


def test_every_field_of_the_recipe_is_documented() -> None:
    assert all(field.description for field in ClassifierRecipe.model_fields.values())
    assert validated(RECIPE, ClassifierRecipe, "here").seed == 0
