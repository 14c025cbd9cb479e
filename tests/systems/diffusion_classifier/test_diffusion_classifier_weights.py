"""Weights of a diffusion classifier: made by a recipe, opened as an editor and as a classifier; priors read alike."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from tiny_prior import save_untrained_prior

import causaray
from causaray import weightfiles
from causaray.cohorts.phantom import prepare_phantom
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.evaluation.audit.opening import open_classifier
from causaray.findings import parse_prompt
from causaray.priors.text_prior import load_prior
from causaray.systems.diffusion_classifier.classifier import DiffusionClassifier, ReadOut
from causaray.systems.diffusion_classifier.evidence import errors, stratified
from causaray.systems.diffusion_classifier.text_prior import PriorDenoiser
from causaray.systems.diffusion_classifier.weights import load

EFFUSION = parse_prompt("pleural effusion")
RECIPE = {
    "name": "tiny", "about": "A test.", "method": "diffusion-classifier", "size": 64, "finding": "Pleural Effusion",
    "levels": 3, "dim": 16, "layers": 1, "axes": 4, "draws": 5, "fitted_on": 16,
    "run": {"steps": 2, "batch": 6, "lr": 1.0e-3},
}  # fmt: skip


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort") / "phantoms"
    prepare_phantom(folder, 180, size=64, common=0.5, tail=3.0)
    return folder


def written(folder: Path, **changes: object) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(RECIPE | changes))
    return path


@pytest.fixture(scope="module")
def weights(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    return Path(causaray.train(written(folder), cohort, folder / "out", device="cpu"))


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0))


def test_what_a_recipe_makes_is_fitted_and_says_what_it_is(weights: Path) -> None:
    config = weightfiles.config(weights)
    assert config["method"] == "diffusion-classifier" and config["names"] == ["Pleural Effusion"]
    assert config["cohorts"][0]["name"] == "phantom" and config["recipe"]["draws"] == 5
    _, read = load(weights)
    assert len(read.read_out.slope) == len(read.read_out.bound) == 1 and read.read_out.draws == 5


def test_as_a_classifier_it_gives_each_image_the_probability_that_it_has_alone(
    weights: Path, images: torch.Tensor
) -> None:
    with open_classifier(weights, "diffusion-classifier", {}) as classifier:
        together = classifier.predict(images)
        alone = classifier.predict(images[1:])
    assert together.shape == (2, 1) and (together > 0).all() and (together < 1).all()
    assert alone[0, 0] == pytest.approx(together[1, 0], abs=1e-3)
    assert classifier.interface.findings == ("Pleural Effusion",) and classifier.side == 64


def test_it_is_audited_by_its_own_edits(weights: Path, cohort: Path) -> None:
    found = causaray.audit(weights, cohort, architecture="diffusion-classifier", weights=weights, limit=2, device="cpu")
    perturbations = found["findings"]["Pleural Effusion"]["perturbations"]
    assert perturbations["null"]["size"]["value"] == 0 and "device" in perturbations


def test_as_an_editor_it_changes_what_is_asked_and_nothing_else(weights: Path, images: torch.Tensor) -> None:
    editor = EditorSpec.of(weights).open("cpu")
    net, _ = load(weights)
    editor.net = net.requires_grad_(False)  # type: ignore[attr-defined]
    for part in net.parameters():  # what starts as zero would make every class alike
        part.normal_(0, 0.1)
    assert torch.equal(editor.edit(images, EditRequest(EFFUSION, strength=0.0)).counterfactual, images)
    mask = torch.zeros(2, 1, 64, 64, dtype=torch.bool)
    mask[:, :, :32] = True
    made = editor.edit(images, EditRequest(EFFUSION, strength=0.5, mask=mask, steps=3))
    assert torch.equal(made.counterfactual[~mask], images[~mask])
    assert not torch.equal(made.counterfactual[mask], images[mask])
    assert made.counterfactual.amin() >= 0 and made.counterfactual.amax() <= 1
    alone = editor.edit(images[1:], EditRequest(EFFUSION, strength=0.5, mask=mask[1:], steps=3))
    assert torch.allclose(alone.counterfactual, made.counterfactual[1:], atol=2e-2)  # bfloat16
    for part in net.net.findings.parameters():  # no class is told any more
        part.zero_()
    for gaussian in net.gaussians:
        gaussian.load_state_dict(net.gaussians[1].state_dict())
    same = editor.edit(images, EditRequest(EFFUSION, strength=0.8, steps=3))
    assert torch.allclose(same.counterfactual, images, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"finding": "Edema"}, "Edema is not both present and absent"),
        ({"size": 96}, "prepared at 64 px"),
        ({"axes": 512}, "too few for Gaussians of 512 axes"),
        ({"levels": 5, "patch": 3}, "no multiple of the side of a token"),
        ({"decision": "median"}, "decision"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    changes: dict[str, object], sentence: str, cohort: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=sentence):
        causaray.train(written(tmp_path, **changes), cohort, tmp_path / "out", device="cpu")
    assert not list((tmp_path / "out").glob("*"))


def test_a_request_or_a_folder_that_it_does_not_know_is_refused(
    weights: Path, images: torch.Tensor, tmp_path: Path
) -> None:
    editor = EditorSpec.of(weights).open("cpu")
    with pytest.raises(BadInput, match="not trained on Edema"):
        editor.edit(images, EditRequest(parse_prompt("edema")))
    with pytest.raises(BadInput, match="takes no negative"):
        editor.edit(images, EditRequest(EFFUSION, negative=EFFUSION))
    with (
        pytest.raises(BadInput, match="holds weights of method causal-disentanglement"),
        open_classifier(weightfiles.find("phantom-64"), "diffusion-classifier", {}),
    ):
        pass
    with (
        pytest.raises(BadInput, match="known are judge, resnet, diffusion-classifier"),
        open_classifier(weights, "vgg", {}),
    ):
        pass


def test_a_text_prior_is_read_out_by_the_same_code(tmp_path: Path, images: torch.Tensor) -> None:
    pytest.importorskip("diffusers", reason="priors need the extra `prior`")
    folder = save_untrained_prior(tmp_path / "tiny")
    prior = load_prior(folder)
    reader = PriorDenoiser(prior, ["Edema"])
    texts = reader.conditions(0)
    assert torch.equal(texts, prior.embed(["no edema", "edema"]))
    found = errors(reader, reader.encode(images), texts[[0, 0, 1]], stratified(prior.clock, 5, prior.shape, 0))
    assert np.array_equal(found[..., 0], found[..., 1]) and not np.array_equal(found[..., 0], found[..., 2])
    probability = DiffusionClassifier(reader, ["Edema"], ReadOut(draws=5)).predict(images)
    assert probability.shape == (2, 1)
    with open_classifier(folder, "diffusion-classifier", {}) as classifier:
        assert classifier.interface.findings == ("Edema",)
