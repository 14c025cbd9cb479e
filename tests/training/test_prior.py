"""The training of the prior, on a few phantoms."""

from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from causaray import weightfiles
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.priors.text_prior import AUTOENCODER, load_prior
from causaray.priors.train import train
from causaray.priors.training_captions import Captions, known_of
from causaray.training.source import learnable

RECIPE = {
    "name": "tiny-prior", "about": "A test.", "method": "text-prior", "size": 64, "graded": True, "augment": 0.0,
    "autoencoder": "phantom-64", "width": [16, 32], "dim": 16, "cache": 64,
    "run": {"steps": 3, "batch": 6, "lr": 1.0e-3},
}  # fmt: skip


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "phantom"
    prepare_phantom(folder, 240, size=64)
    return folder


@pytest.fixture(scope="module")
def trained(cohort, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("prior")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(RECIPE))
    return train(folder / "tiny.yaml", [cohort], folder / "out")


def test_what_is_saved_is_read_back_to_half_precision(trained: Path) -> None:
    prior, again = load_prior(trained), load_prior(trained)
    assert prior.digest == again.digest and "Support Devices" in prior.names
    z, t, context = prior.noise(1, 0), torch.tensor([0.5]), prior.embed(["no edema"])
    assert torch.equal(prior(z, t, context), again(z, t, context))
    images = torch.rand(1, 1, 64, 64)
    assert prior.codec.decode(prior.codec.encode(images)).shape == images.shape


def test_a_finished_training_resumes_to_the_same_weights(trained: Path, cohort: Path) -> None:
    before = load_prior(trained).digest
    train(trained.parent.parent / "tiny.yaml", [cohort], trained.parent)
    assert load_prior(trained).digest == before


def test_the_null_condition_is_the_empty_text_and_some_captions_are_dropped(cohort: Path) -> None:
    rows = Cohort.open(cohort)
    captions = Captions(rows, learnable(rows), null=0.5, seed=0)
    said = captions.of(range(200))
    assert 0.35 < sum(text == "" for text in said) / 200 < 0.65


def test_captions_of_phantoms_tell_severity_and_side(cohort: Path) -> None:
    rows = Cohort.open(cohort)
    named = [f for findings, _ in known_of(rows, ("Pleural Effusion",)) for f in findings if f.state == "present"]
    assert named and all(f.severity and f.side for f in named)


def test_of_an_editor_s_weights_a_prior_needs_the_autoencoder_alone() -> None:
    held = load_file(weightfiles.find("prior-phantom-64") / AUTOENCODER / weightfiles.MODEL)
    assert all(name.startswith("autoencoder.") for name in held)
    codec, name = load_prior("prior-phantom-64").codec, "autoencoder.decoder.coarse.0.weight"
    assert torch.equal(codec.state_dict()[name], held[name])


def test_an_editor_is_no_prior(trained: Path) -> None:
    with pytest.raises(BadInput, match="text-prior"):
        load_prior("phantom-64")
