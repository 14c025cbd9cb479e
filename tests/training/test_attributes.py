import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from causaray.cohorts.morphomnist import Digits
from causaray.errors import BadInput
from causaray.systems.causal_disentanglement.digits.attribute_editor import AttributeEditor, AttributeNet
from causaray.systems.causal_disentanglement.digits.attribute_recipe import AttributeRecipe
from causaray.systems.causal_disentanglement.digits.digit_judge import DigitJudge
from causaray.systems.causal_disentanglement.digits.digit_recipes import train as train_digits
from causaray.systems.causal_disentanglement.digits.train import DigitSource, configure, fold, relit, train
from causaray.systems.causal_disentanglement.digits.train_digit_judge import DigitJudgeRecipe
from causaray.systems.causal_disentanglement.digits.train_digit_judge import train as train_judge
from causaray.training.recipe import load_plan

TINY = {"steps": 2, "batch": 8, "lr": 1e-3}


@pytest.fixture(scope="module")
def digits() -> Digits:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (100, 28, 28), dtype=np.uint8)
    numbers = (rng.uniform(low, high, 100).astype(np.float32) for low, high in ((1, 4), (70, 250)))
    return Digits(images, *numbers, np.arange(100) % 10)


@pytest.fixture(scope="module")
def data(digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("digits") / "train.npz"
    np.savez(path, **vars(digits))
    return path


@pytest.fixture
def plan() -> AttributeRecipe:
    latent = {"width": 16, "depth": 1, "transformer_layers": 1, "transformer_dim": 16, "transformer_patch": 4}
    return AttributeRecipe.model_validate({
        "method": "attributes", "name": "tiny", "about": "A test.", "latent": latent, "guide": TINY, "stage1": TINY,
        "stage2": {**TINY, "dim": 32, "layers": 1, "cache": 64, "sampling_steps": 1}, "stage3": TINY,
    })  # fmt: skip


def test_one_call_writes_an_editor_that_loads(plan: AttributeRecipe, data: Path, tmp_path: Path) -> None:
    editor = AttributeEditor.load(train(plan, data, tmp_path))
    assert editor.name == "tiny" and editor.net.attribute_scale.mean[1] > 50
    assert {path.name for path in tmp_path.iterdir()} >= {"guide.pt", "stage1.pt", "stage2.pt", "stage3.pt", "tiny"}


def test_one_call_writes_a_judge_that_loads(data: Path, tmp_path: Path) -> None:
    plan = DigitJudgeRecipe.model_validate({"method": "digit-judge", "name": "j", "about": "A test.", "net": TINY})
    judge = DigitJudge.load(train_judge(plan, data, tmp_path))
    assert judge.predict(torch.rand(3, 1, 32, 32)).shape == (3,)


def test_in_every_second_pair_both_digits_are_the_same(digits: Digits, plan: AttributeRecipe) -> None:
    source = DigitSource(digits, AttributeNet(configure(plan)), "fp32")
    drawn = [source.batches(16, 0)(step) for step in range(20)]
    digit = torch.stack([batch.labels[:, 2:].argmax(1).view(8, 2) for batch in drawn])
    same = digit[..., 0] == digit[..., 1]
    assert same[:, ::2].all() and same[:, 1::2].float().mean() < 0.5
    assert drawn[0].donor.tolist() == [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14]


def test_half_of_the_digits_are_relit_and_their_intensity_says_so(digits: Digits) -> None:
    seen = digits.observation()
    drawn = relit(seen, np.random.default_rng(0))
    changed = (drawn["intensity"] != seen["intensity"])[:, 0]
    assert 0.3 < changed.float().mean() < 0.7
    assert torch.equal(drawn["image"][~changed], seen["image"][~changed])
    dim = changed & (drawn["intensity"] < seen["intensity"])[:, 0]
    assert dim.any()
    gain = (drawn["intensity"] / seen["intensity"])[:, :, None, None]
    torch.testing.assert_close(drawn["image"][dim], (seen["image"] * gain)[dim])
    assert torch.equal(drawn["thickness"], seen["thickness"])


def test_guide_and_judge_share_no_digit(digits: Digits) -> None:
    guide, judge = fold(digits, "guide"), fold(digits, "judge")
    assert len(guide) + len(judge) == len(digits)
    assert not {i.tobytes() for i in guide.images} & {i.tobytes() for i in judge.images}


@pytest.mark.parametrize(("name", "schema"), [("morphomnist", AttributeRecipe), ("digit-judge", DigitJudgeRecipe)])
def test_the_recipes_that_ship_are_valid(name: str, schema: type) -> None:
    assert load_plan(name, schema).name == name


def test_a_recipe_of_digits_is_trained_by_what_it_says_it_is(data: Path, plan: AttributeRecipe, tmp_path: Path) -> None:
    text = yaml.safe_dump({"method": "digit-judge", "name": "j", "about": "A test.", "net": TINY})
    (tmp_path / "j.yaml").write_text(text)
    folder = train_digits(tmp_path / "j.yaml", [data], tmp_path / "out", seed=5)
    assert DigitJudge.load(folder) and json.loads((folder / "config.json").read_text())["recipe"]["seed"] == 5
    with pytest.raises(BadInput, match="one set of digits; 2 were named"):
        train_digits(tmp_path / "j.yaml", [data, data], tmp_path / "out")
    (tmp_path / "k.yaml").write_text(text.replace("digit-judge", "dowsing"))
    with pytest.raises(BadInput, match="says method dowsing"):
        train_digits(tmp_path / "k.yaml", [data], tmp_path / "out")
