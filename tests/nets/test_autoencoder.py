from dataclasses import replace

import pytest
import torch

from causaray.nets.autoencoder import CausalAutoencoder, Posterior, Shape
from causaray.nets.blocks import patchify, unpatchify
from causaray.nets.denoiser import MapDenoiser
from causaray.nets.discriminator import PatchDiscriminator
from causaray.nets.guide import Guide, blur
from causaray.nets.interaction import InteractionTransformer


def shape(pathology: int = 8) -> Shape:
    return Shape(64, 4, pathology, 16, 1, 2, 32, 4)


@pytest.mark.parametrize("pathology", [8, 16])
def test_shapes_of_encode_and_decode(pathology: int) -> None:
    model = CausalAutoencoder(shape(pathology), 5)
    identity, z = model.encode(torch.rand(2, 1, 64, 64))
    assert identity.mean.shape == (2, 3, 16, 16)
    assert z.mean.shape == (2, 1, pathology, pathology)
    assert model.decode(identity.mean, z.mean).shape == (2, 1, 64, 64)
    assert model.classify(z.mean).shape == (2, 5)


def test_interaction_is_the_identity_at_initialisation_and_mixes_channels_after() -> None:
    net, z = InteractionTransformer(4, 16, 4, 32, 2), torch.randn(2, 4, 16, 16)
    torch.testing.assert_close(net(z), z)
    torch.nn.init.normal_(net.out.weight, std=0.1)
    other = z.clone()
    other[:, 3] += 1
    assert (net(other) - net(z))[:, :3].abs().max() > 1e-4, "pathology must be able to act on identity channels"


def test_the_noise_of_equation_1_acts_in_training_and_is_nothing_in_use() -> None:
    model = CausalAutoencoder(replace(shape(), noise=True), 2)
    torch.nn.init.normal_(model.interaction.out.weight, std=0.1)
    z = torch.randn(2, 4, 16, 16)
    assert not torch.equal(model.composed(z), model.composed(z))
    assert torch.equal(model.eval().composed(z), model.composed(z)) and model.composed(z).shape == z.shape
    assert model.attention(z).shape == (2, 2, 4, 16, 4, 16)


def test_patchify_keeps_channels_apart_and_is_inverted() -> None:
    x = torch.arange(2 * 3 * 8 * 8.0).view(2, 3, 8, 8)
    tokens = patchify(x, 4)
    assert tokens.shape == (2, 3, 4, 16)
    torch.testing.assert_close(tokens[0, 1, 1], x[0, 1, :4, 4:].flatten())
    torch.testing.assert_close(unpatchify(tokens, 4, 8), x)


def test_kl_of_known_gaussians() -> None:
    assert Posterior(torch.zeros(3), torch.zeros(3)).kl() == 0
    assert Posterior(torch.full((3,), 2.0), torch.zeros(3)).kl() == 2.0


def test_gradients_go_through_a_blur_that_was_first_asked_for_without_them() -> None:
    size, sigma = 37, 1.7  # asked for by no other test, as what is kept is kept for all
    with torch.inference_mode():
        blur(torch.ones(1, 1, size, size), sigma)
    x = torch.ones(1, 1, size, size, requires_grad=True)
    blur(x, sigma).sum().backward()
    assert x.grad is not None and x.grad[0, 0, 18, 18] == pytest.approx(1.0, abs=1e-5)


def test_a_blur_in_a_net_that_was_exported_is_a_blur_afterwards() -> None:
    class Blurred(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return blur(x, 1.3)

    x = torch.rand(1, 1, 41, 41)
    exported = torch.export.export(Blurred(), (x,)).module()
    torch.testing.assert_close(exported(x), blur(x, 1.3))
    assert type(blur(x, 1.3)) is torch.Tensor


def test_blur_keeps_the_mean_and_spreads_a_point_as_a_gaussian() -> None:
    point = torch.zeros(1, 1, 33, 33)
    point[0, 0, 16, 16] = 1
    spread = blur(point, 2.0)
    assert spread.sum().item() == pytest.approx(1, abs=1e-5)
    assert (spread[0, 0, 16, 18] / spread[0, 0, 16, 16]).item() == pytest.approx(2.718281828**-0.5, rel=1e-4)


def test_guide_does_not_see_exposure() -> None:
    guide, x = Guide(3, (("small", 32), ("small", 64)), 8).eval(), torch.rand(2, 1, 64, 64) * 0.5
    torch.testing.assert_close(guide(x), guide(x * 0.8 + 0.1), atol=0.02, rtol=0.1)
    assert guide(x).shape == (2, 2, 3)


def test_critic_and_denoiser_shapes() -> None:
    assert PatchDiscriminator(3, 8)(torch.rand(2, 1, 64, 64), torch.zeros(2, 3)).shape == (2, 1, 8, 8)
    denoiser = MapDenoiser(3, 16, 32, 1)
    out = denoiser(torch.randn(2, 1, 16, 16), torch.rand(2), torch.zeros(2, 3))
    assert out.shape == (2, 1, 16, 16)
