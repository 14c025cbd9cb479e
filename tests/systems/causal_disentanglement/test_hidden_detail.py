"""Fluid hides all that is fine; air hides vessels, and ribs stay."""

import torch

from causaray.editors.residual import coarse
from causaray.systems.causal_disentanglement.hidden_detail import bare

SIDE = 128


def ribs() -> torch.Tensor:
    """Bright bands with sharp edges across the image."""
    row = (torch.arange(SIDE) // 10 % 2).float()
    return (0.3 + 0.3 * row[:, None].expand(SIDE, SIDE))[None, None]


def with_vessel(image: torch.Tensor) -> torch.Tensor:
    """The image with a bright line of three pixels that crosses the bands."""
    made = image.clone()
    made[..., 62:65] += 0.15
    return made


def test_what_gets_brighter_loses_all_that_is_fine() -> None:
    image = ribs()
    assert torch.equal(bare(image, torch.full_like(image, 0.1)), coarse(image))


def test_what_gets_darker_loses_vessels_and_keeps_ribs() -> None:
    image = ribs()
    inner = (slice(None), slice(None), slice(20, -20), slice(20, -20))
    left = bare(with_vessel(image), torch.full_like(image, -0.1))
    smooth = coarse(with_vessel(image))
    line = (*inner[:2], slice(20, -20), slice(62, 65))
    assert (left - image)[line].mean() < 0.1, "less of the vessel is left than there was"
    assert (left - image)[inner].abs().mean() < 0.5 * (smooth - image)[inner].abs().mean(), "ribs are not blurred"


def test_each_image_is_treated_alone() -> None:
    image = torch.cat([ribs(), with_vessel(ribs())])
    change = torch.stack([torch.full((1, SIDE, SIDE), 0.1), torch.full((1, SIDE, SIDE), -0.1)])
    for i in range(2):
        torch.testing.assert_close(bare(image, change)[i], bare(image[i : i + 1], change[i : i + 1])[0])
