import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import causaray
from causaray import weightfiles
from causaray.classifiers.judge import SHIPPED, Judge
from causaray.errors import BadInput
from causaray.findings import NAMES
from causaray.imagefiles import read_scan
from causaray.nets.finding_classifier import resize
from causaray.nets.guide import blur


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge.load()


def test_the_shipped_judge_is_small_and_knows_the_findings_by_their_names(judge):
    assert (weightfiles.find(SHIPPED) / weightfiles.MODEL).stat().st_size <= 15e6
    assert set(judge.names) <= set(NAMES)
    assert {"Pleural Effusion", "Cardiomegaly", "Edema", "Pneumonia"} <= set(judge.names)
    assert len(judge.digest) == 64


def test_predictions_are_probabilities_that_do_not_depend_on_the_batch(judge):
    images = blur(torch.rand(5, 1, 128, 128, generator=torch.Generator().manual_seed(0)), 6.0)
    together = judge.predict(images)
    assert together.shape == (5, len(judge.names)) and together.dtype == torch.float32
    assert together.min() > 0 and together.max() < 1
    assert torch.allclose(together, judge.predict(images, batch=1), atol=1e-4)


@pytest.fixture(scope="module")
def films() -> torch.Tensor:
    """The radiographs of the demo (3, 1, 128, 128)."""
    folder = Path(causaray.__file__).parent / "app" / "demo"
    return torch.stack([torch.from_numpy(read_scan(f).square(128).pixels)[None] for f in sorted(folder.glob("*.jpg"))])


@pytest.mark.parametrize("other", [lambda x: 0.2 + 0.6 * x, lambda x: 0.7 * x, lambda x: resize(x, 224)])
def test_a_film_of_another_range_or_size_is_judged_the_same(judge, films, other):
    assert (judge.predict(other(films)) - judge.predict(films)).abs().max() < 0.03


def test_what_the_softest_cohort_lacks_of_sharpness_hardly_matters(judge, films):
    assert (judge.predict(blur(films, 0.5)) - judge.predict(films)).abs().mean() < 0.02


def test_no_gradient_can_be_taken_from_the_judge(judge):
    assert not judge.predict(torch.rand(1, 1, 64, 64, requires_grad=True)).requires_grad


@pytest.mark.parametrize("images", [torch.rand(1, 3, 64, 64), torch.rand(64, 64), torch.full((1, 1, 64, 64), 255.0)])
def test_images_of_another_contract_are_refused(judge, images):
    with pytest.raises(BadInput, match="the judge takes images"):
        judge.predict(images)


def test_a_folder_without_a_judge_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no weights folder"):
        Judge.load(tmp_path)


def test_weights_of_another_net_are_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"names": ["Edema"], "members": 1, "size": 64}))
    save_file({"weight": torch.zeros(2)}, tmp_path / "model.safetensors")
    with pytest.raises(BadInput, match="does not hold the weights of a judge"):
        Judge.load(tmp_path)
