import torch

from causaray.nets.finding_classifier import Ensemble, FindingClassifier, resize


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
