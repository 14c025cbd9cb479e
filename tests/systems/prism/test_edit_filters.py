"""PRISM's filters: what they measure, what they let through, and which edit they keep."""

import numpy as np
import pytest
import torch
from tiny_encoder import save_tiny_encoder
from tiny_prior import save_untrained_prior

from causaray.classifiers.encoders import References
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.experiments.cost import counted
from causaray.findings import parse_prompt
from causaray.priors.text_prior import load_prior
from causaray.systems.prism.edit_filters import Filters, Limits, Scores, best
from causaray.systems.prism.filtered_prism import OWN, FilteredPrism
from causaray.systems.prism.prism import Config, PrismEditor

EDEMA, HEALTHY = parse_prompt("edema"), parse_prompt("no edema")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return save_tiny_encoder(tmp_path_factory.mktemp("encoder") / "tiny", ("Edema", "Pneumonia", "Hernia"))


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand((6, 1, 64, 64), generator=torch.Generator().manual_seed(0))


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


def test_scores_are_cosines_in_the_space_of_the_references(encoder, images) -> None:
    references = References.load(encoder)
    made = Filters(references).scores(images[:3], images[3:], HEALTHY)
    before, after = (references(part).numpy() for part in images.split(3))
    edema, pneumonia = references.centroid("Edema").numpy(), references.centroid("Pneumonia").numpy()
    spanned = np.stack([edema, pneumonia], 1)

    def apart(features: np.ndarray) -> np.ndarray:
        return features - (spanned @ np.linalg.lstsq(spanned, features.T, rcond=None)[0]).T

    np.testing.assert_allclose(made.image_image, _cosine(apart(before), apart(after)), atol=1e-4)
    np.testing.assert_allclose(made.image_text, _cosine(after, -edema), atol=1e-5)
    np.testing.assert_allclose(made.direction, _cosine(after - before, -edema), atol=1e-5)


def test_no_edit_is_not_let_through_and_looser_limits_let_more(encoder, images) -> None:
    references = References.load(encoder)
    assert not Filters(references).scores(images, images, EDEMA).accepted.any()
    after = images.flip(0)
    loose, tight = (
        Filters(references, limits).scores(images, after, EDEMA) for limits in (Limits(-1, -1, -1), Limits(1, 1, 1))
    )
    assert torch.equal(loose.accepted, loose.consistent) and not tight.accepted.any()
    other = Filters(references, Limits(-1, -1, -1)).scores(images, after, HEALTHY)
    assert torch.equal(other.consistent, ~loose.consistent), "what moves toward a finding moves away from its absence"


def test_of_several_the_best_direction_is_kept_among_those_let_through() -> None:
    def scores(direction: float, accepted: bool) -> Scores:
        one = torch.tensor([direction])
        return Scores(one, one, one, torch.tensor([True]), torch.tensor([accepted]))

    assert best([scores(0.9, False), scores(-0.2, True), scores(0.1, True)]).tolist() == [2]
    assert best([scores(0.2, False), scores(0.4, False)]).tolist() == [1]


def test_what_is_kept_is_one_of_the_edits(encoder, images, tmp_path) -> None:
    prior = load_prior(save_untrained_prior(tmp_path / "tiny"))
    editor, images = FilteredPrism(prior, Filters(References.load(encoder)), Config(steps=2)), images[:3]
    for parameter in editor.prior.unet.parameters():
        parameter += 0.05 * torch.randn_like(parameter)
    with counted(editor.denoiser) as calls:
        made = editor.edit(images, EditRequest(EDEMA, seed=3))
    assert calls.rows == len(images) * 2 * (1 + 3 * len(OWN))  # inverted once, then three branches a hold
    alone = [PrismEditor(prior, Config(steps=2, own=own)) for own in OWN]
    every = [one.edit(images, EditRequest(EDEMA, seed=3)).counterfactual for one in alone]
    for i, own in enumerate(made.own.tolist()):
        kept = every[[pytest.approx(own) == known for known in OWN].index(True)]
        assert torch.equal(made.counterfactual[i], kept[i])
    assert set(made.scores.told(0)) == {"image_image", "image_text", "direction", "consistent", "accepted"}
    assert torch.equal(editor.edit(images, EditRequest(EDEMA, strength=0.0)).counterfactual, images)


def test_what_cannot_be_filtered_is_refused(encoder, images, tmp_path) -> None:
    with pytest.raises(BadInput, match="has references of none of what is asked for"):
        Filters(References.load(encoder)).scores(images, images, parse_prompt("hernia"))
    folder = save_untrained_prior(tmp_path / "tiny")
    with pytest.raises(BadInput, match="Filters are prism's"):
        EditorSpec.of(folder, "paired", encoder)
    with pytest.raises(BadInput, match="no editor magic"):
        EditorSpec.of(folder, "magic")
    assert load_prior(folder).size == 64
