import pytest
import torch

from causaray.nets.finding_classifier import Ensemble, FindingClassifier, alike, resize
from causaray.nets.guide import blur


@torch.no_grad()
def test_any_image_size_gives_a_logit_a_finding_and_an_untrained_head_says_nothing():
    logits = FindingClassifier(3, size=64).eval()(torch.rand(2, 1, 100, 90))
    assert logits.shape == (2, 3)
    assert torch.equal(logits, torch.zeros(2, 3))


@torch.no_grad()
def test_an_ensemble_averages_logits_before_its_line_and_the_sigmoid():
    ensemble = Ensemble(2, members=2, size=64).eval()
    for member, bias in zip(ensemble.members, (1.0, 3.0), strict=True):
        member.everywhere.bias.fill_(bias)
    ensemble.slope.copy_(torch.tensor([1.0, 0.5]))
    ensemble.shift.copy_(torch.tensor([0.0, -1.0]))
    images = torch.rand(1, 1, 64, 64)
    assert torch.allclose(ensemble.logits(images), torch.tensor([[2.0, 2.0]]))
    assert torch.allclose(ensemble(images), torch.tensor([[2.0, 0.0]]).sigmoid())


def test_resize_keeps_an_image_that_fits_and_the_mean_and_range_of_one_that_does_not():
    image = torch.rand(1, 1, 96, 96)
    assert resize(image, 96) is image
    smaller = resize(image, 48)
    assert smaller.min() >= 0 and smaller.max() <= 1
    assert abs(smaller.mean() - image.mean()) < 0.01


@pytest.mark.parametrize("change", [lambda x: 0.3 + 0.5 * x, lambda x: 0.6 * x, lambda x: resize(x, 192)])
def test_films_of_another_range_or_size_are_seen_alike(change):
    film = blur(torch.rand(1, 1, 128, 128, generator=torch.Generator().manual_seed(0)), 5.0)
    seen = alike(film, 64)
    assert seen.min() == 0 and seen.max() == 1
    assert (alike(change(film), 64) - seen).abs().mean() < 0.01


def test_an_even_image_is_seen_without_a_division_by_nothing():
    assert alike(torch.full((1, 1, 64, 64), 0.5), 32).isfinite().all()
