"""Edits by two captions on the same latents and the same noise."""

import pytest
import torch

from causaray.diffusion.clock import AngleClock
from causaray.systems.hidden_relations.edits import renoised

torch.manual_seed(0)


class Plain:
    """A codec whose latents are the images."""

    channels, side, size = 1, 8, 8

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return images

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return z


class Sure:
    """A prior that is sure of every image: as bright as the caption is long."""

    codec, clock = Plain(), AngleClock()

    def embed(self, texts):
        return torch.tensor([len(text) / 10 for text in texts])

    def denoiser(self, context, null, guidance):
        def denoise(z, t):
            angle = t.view(-1, 1, 1, 1) * (torch.pi / 2)
            return (angle.cos() * z - context) / angle.sin().clamp(min=1e-3)

        return denoise


NOISE, IMAGES = torch.randn(70, 1, 8, 8), torch.rand(70, 1, 8, 8)


@pytest.mark.parametrize("edit", [renoised(Sure(), IMAGES, NOISE)])
def test_every_patient_becomes_what_the_caption_says(edit) -> None:
    assert torch.allclose(edit("abcde"), torch.full((70, 1, 8, 8), 0.5), atol=1e-3)
    assert torch.equal(edit("abc"), edit("abc"))


def test_next_to_no_noise_leaves_the_patient() -> None:
    class Lazy(Sure):
        def denoiser(self, context, null, guidance):
            return lambda z, t: torch.zeros_like(z)

    assert torch.allclose(renoised(Lazy(), IMAGES, NOISE, depth=1e-4)("abc"), IMAGES, atol=1e-2)
