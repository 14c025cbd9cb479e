"""Editors by words on an untrained prior: what holds whatever the network says."""

import pytest
import torch
from tiny_prior import save_untrained_prior

from causaray.diffusion.prior import Prior
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.priors.language_editor import Asked, Denoising, shrunk
from causaray.priors.text_prior import load_prior
from causaray.systems.baselines.inpainting import InpaintingEditor
from causaray.systems.baselines.paired_denoising import DriftingEditor, PairedEditor
from causaray.systems.prism import prism
from causaray.systems.prism.prism import INVERSIONS, PrismEditor

EDITORS = {
    "prism": lambda prior: PrismEditor(prior, prism.Config(steps=3)),
    "paired": lambda prior: PairedEditor(prior, Denoising(3, 4.0)),
    "inpainting": lambda prior: InpaintingEditor(prior, Denoising(3, 2.0)),
}
EDEMA = parse_prompt("edema")


@pytest.fixture(scope="module")
def prior(tmp_path_factory) -> Prior:
    prior = load_prior(save_untrained_prior(tmp_path_factory.mktemp("prior") / "tiny"))
    torch.manual_seed(1)
    for parameter in prior.unet.parameters():
        parameter += 0.05 * torch.randn_like(parameter)
    return prior


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand((2, 1, 64, 64), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", EDITORS)
def test_strength_0_gives_the_input_back_and_an_edit_is_the_same_for_the_same_seed(kind, prior, images) -> None:
    editor = EDITORS[kind](prior)
    nothing = editor.edit(images, EditRequest(EDEMA, strength=0.0))
    assert torch.equal(nothing.counterfactual, images) and not nothing.region.any()
    one, again, other = (editor.edit(images, EditRequest(EDEMA, seed=seed)).counterfactual for seed in (3, 3, 4))
    assert torch.equal(one, again) and not torch.equal(one, other)
    assert not torch.equal(one, images) and one.min() >= 0 and one.max() <= 1


@pytest.mark.parametrize("kind", EDITORS)
def test_outside_the_mask_pixels_are_equal_bit_for_bit(kind, prior, images) -> None:
    mask = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    mask[..., 20:40, 10:30] = True
    made = EDITORS[kind](prior).edit(images, EditRequest(EDEMA, mask=mask)).counterfactual
    outside = ~mask.expand_as(images)
    assert torch.equal(made[outside], images[outside])
    assert not torch.equal(made, images)


@pytest.mark.parametrize("inversion", INVERSIONS)
def test_two_texts_alike_change_nothing(inversion, prior, images) -> None:
    if inversion == "null-text":
        pytest.skip("its branches are guided by one null text, and a batch of two rounds otherwise")
    z = prior.codec.encode(images)
    asked = Asked(z, ("edema", "edema"), 0.7, 0, torch.ones(1, 1, *z.shape[2:], dtype=torch.bool))
    with torch.no_grad():
        source, target, _ = PrismEditor(prior, prism.Config(inversion, steps=3, guidance=1.0)).latents(asked)
    torch.testing.assert_close(source, target, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("inversion", ["edit-friendly", "leapfrog"])
def test_the_source_comes_back_to_the_image(inversion, prior, images) -> None:
    z = prior.codec.encode(images)
    asked = Asked(z, ("no edema", "edema"), 0.7, 0, torch.ones(1, 1, *z.shape[2:], dtype=torch.bool))
    with torch.no_grad():
        source, target, _ = PrismEditor(prior, prism.Config(inversion, steps=4)).latents(asked)
    torch.testing.assert_close(source, z, atol=1e-3, rtol=1e-3)
    assert not torch.allclose(target, z, atol=1e-2)


def test_a_region_confines_the_change(prior, images) -> None:
    made = PrismEditor(prior, prism.Config(steps=3, blend=0.9)).edit(images, EditRequest(EDEMA))
    assert 0 < made.region.float().mean() < 1
    assert torch.equal(made.counterfactual[~made.region], images[~made.region])


def test_what_cannot_be_asked_is_refused(prior, images) -> None:
    editor = PairedEditor(prior, Denoising(2, 4.0))
    for request, strength in ((parse_prompt("pneumothorax"), 0.5), (EDEMA, 1.5), (parse_prompt("possible edema"), 0.5)):
        with pytest.raises(BadInput):
            editor.edit(images, EditRequest(request, strength=strength))


def test_the_editor_of_latent_drifting_needs_a_drift(prior, images) -> None:
    with pytest.raises(BadInput, match="has no drift"):
        DriftingEditor(prior)
    prior.drift = torch.full((1, 1, 1), 0.1)
    try:
        drifting = DriftingEditor(prior, Denoising(3, 4.0)).edit(images, EditRequest(EDEMA)).counterfactual
    finally:
        prior.drift = None
    assert not torch.equal(
        drifting, PairedEditor(prior, Denoising(3, 4.0)).edit(images, EditRequest(EDEMA)).counterfactual
    )


def test_a_shrunk_mask_loses_no_pixel() -> None:
    mask = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    mask[0, 0, 5, 2] = True
    assert shrunk(mask, 2).nonzero().tolist() == [[0, 0, 1, 0]]
    assert shrunk(shrunk(mask, 2), 8).sum() == 16
