"""Attacks where the worst image is known: of a linear model it is the corner of the ball against the weights."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.errors import BadInput
from causaray.evaluation.classification.attacks import apgd_ce, pgd, square
from causaray.evaluation.classification.attacks.apgd import checkpoints
from causaray.evaluation.classification.attacks.square import margin

EPS = 0.05
IMAGES = 0.2 + 0.6 * torch.rand(12, 1, 8, 8, generator=torch.Generator().manual_seed(0))
WEIGHT = torch.randn(2, 64, generator=torch.Generator().manual_seed(1))
ATTACKS = {"pgd": pgd, "apgd_ce": apgd_ce, "square": square}


def linear(images: Tensor) -> Tensor:
    return (images - 0.5).flatten(1) @ WEIGHT.T


LABELS = linear(IMAGES).argmax(1)
WORST = IMAGES - EPS * ((WEIGHT[LABELS] - WEIGHT[1 - LABELS]).sign()).view(-1, 1, 8, 8)


@pytest.fixture(scope="module")
def net() -> nn.Module:
    """A small net that tells vertical from horizontal stripes."""
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.AvgPool2d(4), nn.Flatten(), nn.Linear(32, 2))
    optimiser = torch.optim.Adam(made.parameters(), lr=0.02)
    for _ in range(60):
        images, labels = stripes(64)
        optimiser.zero_grad()
        F.cross_entropy(made(images), labels).backward()
        optimiser.step()
    return made.requires_grad_(False)


def stripes(n: int, rng: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    labels = torch.randint(2, (n,), generator=rng)
    wave = (0.5 + 0.12 * torch.sin(torch.arange(8) * torch.pi / 2 + 0.7)).expand(n, 1, 8, 8)
    images = torch.where(labels[:, None, None, None] == 1, wave, wave.transpose(2, 3))
    return (images + 0.1 * torch.randn(n, 1, 8, 8, generator=rng)).clamp(0, 1), labels


def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    return float((model(images).argmax(1) == labels).float().mean())


def test_pgd_finds_the_worst_image_of_a_linear_model() -> None:
    assert torch.allclose(pgd(linear, IMAGES, LABELS, EPS, steps=10), WORST, atol=1e-6)


def test_apgd_finds_it_unless_the_model_errs_before() -> None:
    sure = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    sure[1].weight.data, sure[1].bias.data = WEIGHT.clone(), torch.zeros(2)
    labels = sure(IMAGES).argmax(1)
    tiny = 0.0005  # too little to flip the surest
    made = apgd_ce(sure, IMAGES, labels, tiny, steps=30)
    worst = IMAGES - tiny * (WEIGHT[labels] - WEIGHT[1 - labels]).sign().view(-1, 1, 8, 8)
    kept = sure(worst).argmax(1) == labels
    assert kept.any() and torch.allclose(made[kept], worst[kept], atol=1e-5)


def test_the_random_search_comes_close_to_it() -> None:
    made = square(linear, IMAGES, LABELS, EPS, queries=400)
    start, least, found = (margin(linear(x), LABELS).mean() for x in (IMAGES, WORST, made))
    assert (start - found) / (start - least) > 0.6


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_every_attack_stays_in_its_ball_and_errs_more(attack, net: nn.Module) -> None:
    images, labels = stripes(40, torch.Generator().manual_seed(5))
    made = attack(net, images, labels, 0.1)
    assert (made - images).abs().max() <= 0.1 + 1e-6 and made.min() >= 0 and made.max() <= 1
    assert accuracy(net, images, labels) > 0.9 > accuracy(net, made, labels) + 0.3
    assert made.equal(attack(net, images, labels, 0.1)), "the same seed gives the same images"


def test_apgd_is_no_weaker_than_pgd(net: nn.Module) -> None:
    images, labels = stripes(100, torch.Generator().manual_seed(6))
    by_pgd, by_apgd = (attack(net, images, labels, 0.06, steps=40) for attack in (pgd, apgd_ce))
    assert accuracy(net, by_apgd, labels) <= accuracy(net, by_pgd, labels) + 0.01


def test_gradients_of_a_model_that_draws_are_averaged(net: nn.Module) -> None:
    """Noise that drowns one gradient is averaged away by many."""
    rng, calls = torch.Generator().manual_seed(0), []

    def noisy(images: Tensor) -> Tensor:
        calls.append(1)
        tilt = 30 * torch.randn(len(images), 64, generator=rng)
        return linear(images) + F.pad((images.flatten(1) * tilt).sum(1, keepdim=True), (0, 1))

    found = {}
    for draws in (1, 40):
        made = pgd(noisy, IMAGES, LABELS, EPS, steps=5, draws=draws)
        found[draws] = float(margin(linear(made), LABELS).mean())
    assert found[40] < found[1] and len(calls) == 5 * 41


@pytest.mark.parametrize("attack", [pgd, apgd_ce])
def test_a_model_without_gradients_is_refused(attack) -> None:
    def through_numpy(images: Tensor) -> Tensor:
        return torch.from_numpy(images.numpy().reshape(len(images), -1) @ WEIGHT.numpy().T)

    def detached(images: Tensor) -> Tensor:
        return linear(images.detach())

    for model in (through_numpy, detached):
        with pytest.raises(BadInput, match=r"gives no gradient by its images.*attack it by square"):
            attack(model, IMAGES, LABELS, EPS)
    assert square(through_numpy, IMAGES, LABELS, EPS, queries=5).shape == IMAGES.shape


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_model_that_gives_no_number_is_refused(attack) -> None:
    with pytest.raises(BadInput, match="gives no finite numbers"):
        attack(lambda images: linear(images) * torch.nan, IMAGES, LABELS, EPS)


def test_checkpoints_of_the_paper() -> None:
    assert sorted(checkpoints(100)) == [22, 41, 57, 70, 80, 87, 93, 99]


def test_as_strong_as_foolbox(net: nn.Module) -> None:
    foolbox = pytest.importorskip("foolbox", reason="foolbox is not installed; it is no part of this package.")
    images, labels = stripes(200, torch.Generator().manual_seed(7))
    theirs = foolbox.attacks.LinfPGD(steps=50, random_start=True)
    wrapped = foolbox.PyTorchModel(net.eval(), bounds=(0, 1), device="cpu")
    for eps in (0.02, 0.05, 0.08):
        _, made, _ = theirs(wrapped, images, labels, epsilons=eps)
        reference = accuracy(net, made, labels)
        ours = pgd(net, images, labels, eps, step=eps / 30)  # the length of its steps
        assert abs(accuracy(net, ours, labels) - reference) <= 0.03
        assert accuracy(net, apgd_ce(net, images, labels, eps), labels) <= reference + 0.01
