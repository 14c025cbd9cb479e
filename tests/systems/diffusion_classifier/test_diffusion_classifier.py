"""The diffusion classifier: its schedule, its evidence and its decisions, on worlds whose answer is known."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from causaray.diffusion.schedule import alpha_sigma
from causaray.systems.diffusion_classifier.classifier import DiffusionClassifier, ReadOut, fit
from causaray.systems.diffusion_classifier.decisions import BINS, bin_weights, mean, paired_t, vote, weighted_mean
from causaray.systems.diffusion_classifier.denoiser import ClassDenoiser, Shape, loss
from causaray.systems.diffusion_classifier.evidence import differences, errors, stratified
from causaray.systems.diffusion_classifier.log_snr import LogSnrClock
from causaray.systems.diffusion_classifier.stopping import NEVER, choose_bound, drawn_until, looks, stopped_scores
from causaray.systems.diffusion_classifier.wavelets import haar, inverse_haar

TINY = Shape(size=64, levels=3, patch=2, dim=16, layers=1, axes=4, bf16=False)


class Gaussians:
    """The exact denoiser of two classes, N(-m, s^2) and N(m, s^2) in each of D numbers: v of E[z_0 | z_t, class]."""

    clock = LogSnrClock(64)

    def __init__(self, m: float, s: float) -> None:
        self.m, self.s = m, s
        self.seen: list[tuple[Tensor, Tensor]] = []

    def encode(self, images: Tensor) -> Tensor:
        return images

    def conditions(self, j: int) -> Tensor:
        return torch.tensor([-self.m, self.m])

    def __call__(self, z: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        self.seen.append((z, t))
        alpha, sigma = alpha_sigma(t)
        gain = self.s**2 * alpha / (alpha**2 * self.s**2 + sigma**2)
        clean = condition + gain * (z - alpha * condition)
        return (alpha * z - clean) / sigma

    def sample(self, n: int, seed: int = 0) -> tuple[Tensor, np.ndarray]:
        """n images (n, 1, 4, 4), and whether each is of the second class."""
        present = torch.arange(n) % 2 == 1
        noise = torch.randn(n, 1, 4, 4, generator=torch.Generator().manual_seed(seed))
        return torch.where(present[:, None, None, None], self.m, -self.m) + self.s * noise, present.numpy()


@pytest.fixture(scope="module")
def net() -> ClassDenoiser:
    torch.manual_seed(0)
    made = ClassDenoiser(TINY).eval().requires_grad_(False)
    for part in made.parameters():  # what starts as zero would make every class alike
        part.normal_(0, 0.1)
    return made


def test_wavelets_lose_nothing_and_keep_means() -> None:
    images = torch.rand(2, 1, 16, 16)
    z = haar(images, 2)
    assert z.shape == (2, 16, 4, 4)
    assert torch.allclose(inverse_haar(z, 2), images, atol=1e-6)
    assert torch.allclose(z[:, 0], torch.nn.functional.avg_pool2d(2 * images - 1, 4)[:, 0], atol=1e-6)
    # Orthonormal, then divided by 2 at each level: the sum of squares falls by 4 each time.
    assert torch.allclose(z.square().sum() * 16, (2 * images - 1).square().sum(), rtol=1e-5)


def test_the_schedule_is_the_papers() -> None:
    u = torch.linspace(0.01, 0.99, 21)
    plain, large = LogSnrClock(64), LogSnrClock(256)
    low = math.atan(math.exp(-15 / 2))
    assert torch.allclose(plain.time(u), (low + u * (math.pi / 2 - 2 * low)) * 2 / math.pi, atol=1e-6)

    shift = math.log(64 / 256)
    low, high = (math.atan(math.exp(-(limit + shift) / 2)) for limit in (15, -15))
    published = -2 * torch.log(torch.tan(low + u.double() * (high - low))) + 2 * shift
    alpha, sigma = (part.flatten() for part in alpha_sigma(large.time(u.double())))
    assert torch.allclose(2 * torch.log(alpha / sigma), published, atol=1e-3)
    for clock in (plain, large):
        assert torch.allclose(clock.network_time(clock.time(u)), u, atol=1e-4)
        times = clock.times(0.6, 5)
        assert float(times[0]) == pytest.approx(0.6, abs=1e-4) and float(times[-1]) == 0 and (times.diff() < 0).all()


def test_the_weight_of_the_loss_by_hand() -> None:
    t_of_snr = [math.atan(snr**-0.5) * 2 / math.pi for snr in (1.0, 9.0)]
    weight = LogSnrClock(64).weight(torch.tensor(t_of_snr)).flatten()
    assert weight.tolist() == pytest.approx([0.5 / 2, 0.9 / 6], rel=1e-4)


def test_before_training_it_is_the_best_denoiser_of_a_gaussian_of_each_class() -> None:
    """Against E[z | z_t] of a full covariance matrix: the class's own along the axes of all images, else the rest."""
    shape = Shape(size=16, levels=1, patch=2, dim=16, layers=1, axes=4, bf16=False)
    made, generator = ClassDenoiser(shape), torch.Generator().manual_seed(0)
    z = torch.randn(12, *shape.latent, generator=generator) * torch.linspace(0.2, 1.5, 12).view(-1, 1, 1, 1)
    label = torch.tensor([-1.0, 1.0] * 6)[:, None]
    made.fit_gaussians(z, label)
    flat = z.flatten(1).double()
    centre, (_, size, axes) = flat.mean(0), torch.linalg.svd(flat - flat.mean(0), full_matrices=False)
    space, rho = axes[:4].T, size[4:].square().sum() / 11 / (flat.shape[1] - 4)
    within = (flat[1::2] - centre) @ space  # of the class that shows the finding
    mu = centre + space @ within.mean(0)
    covariance = rho * torch.eye(len(mu)) + space @ (torch.cov(within.T) - rho * torch.eye(4)) @ space.T
    t = torch.tensor([0.7])
    alpha, sigma = (float(part) for part in alpha_sigma(t))
    z_t = torch.randn(1, *shape.latent, generator=generator)
    x = z_t.flatten().double() - alpha * mu
    seen = alpha**2 * covariance + sigma**2 * torch.eye(len(mu))
    clean = mu + alpha * covariance @ torch.linalg.solve(seen, x)
    v = (alpha * z_t.flatten().double() - clean) / sigma
    assert torch.allclose(made(z_t, t, torch.tensor([1.0])).flatten().double(), v, atol=1e-3)
    error = (covariance - alpha**2 * covariance @ torch.linalg.solve(seen, covariance)).diagonal().mean() / sigma**2
    assert float(made.gaussians[2](z_t, t)[1]) == pytest.approx(float(error.sqrt()), rel=1e-3)
    assert torch.allclose(made.gaussians[1].mu, z.mean(0), atol=1e-6)  # the null class is of all images


def test_equal_conditions_err_equally_bit_for_bit(net: ClassDenoiser) -> None:
    z = net.encode(torch.rand(3, 1, 64, 64))
    draws = stratified(net.clock, 7, (64, 8, 8), seed=1)
    condition = net.conditions()
    found = errors(net, z, condition[[1, 1]], draws)
    assert np.array_equal(found[:, :, 0], found[:, :, 1]) and (found > 0).all()
    assert (differences(net, z, condition, draws) != 0).all()


def test_classes_and_images_share_time_and_noise() -> None:
    world = Gaussians(0.3, 1.0)
    z, _ = world.sample(5)
    draws = stratified(world.clock, 9, (1, 4, 4), seed=0)
    found = errors(world, z, world.conditions(0), draws)
    for absent, present in zip(world.seen[::2], world.seen[1::2], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(absent, present, strict=True))
    alone = errors(world, z[2:3], world.conditions(0), draws)
    assert np.allclose(alone[0], found[2], rtol=1e-5)
    # The error itself, of one image and draw, by hand: eps_hat = sigma z_t + alpha v_hat.
    alpha, sigma = alpha_sigma(draws.t[3:4])
    z_t = alpha * z[2:3] + sigma * draws.noise[3:4]
    eps = sigma * z_t + alpha * world(z_t, draws.t[3:4], torch.tensor(0.3))
    assert float((eps - draws.noise[3]).square().sum()) == pytest.approx(float(found[2, 3, 1]), rel=1e-3)


@pytest.mark.parametrize("n", [5, 16, 51])
def test_however_many_draws_are_spread_over_the_times(n: int) -> None:
    clock = LogSnrClock(64)
    u = clock.network_time(stratified(clock, 51, (1, 1, 1), seed=3).t[:n]).sort().values
    gaps = torch.diff(u, prepend=u[-1:] - 1)
    assert float(gaps.max()) < 2.7 / n  # the golden ratio leaves no gap of more than phi^2 / n
    assert float(gaps.min()) > 0.35 / n


def test_two_gaussians_are_told_apart_as_well_as_can_be() -> None:
    world = Gaussians(0.25, 1.0)
    z, present = world.sample(600)
    bayes = z.sum((1, 2, 3)).numpy() > 0  # equal priors, equal variance: the side of the plane between the means
    best = (bayes == present).mean()
    assert best == pytest.approx(0.84, abs=0.03)  # Phi(0.25 * sqrt(16) / 1) = 0.841
    evidence = differences(world, z, world.conditions(0), stratified(world.clock, 301, (1, 4, 4), seed=0))
    single, all_draws = ((evidence > 0) == present[:, None]).mean(), ((mean(evidence) > 0) == present).mean()
    assert single < all_draws - 0.05 and abs(all_draws - best) < 0.02
    assert ((vote(evidence) > 0) == present).mean() > best - 0.04
    assert ((vote(evidence) > 0) == (np.median(evidence, 1) > 0)).all()
    assert ((paired_t(evidence) > 0) == (mean(evidence) > 0)).all()


def test_decisions_by_hand() -> None:
    evidence = np.array([[1.0, 1.0, 1.0, -9.0], [2.0, 4.0, 6.0, 8.0]])
    assert vote(evidence).tolist() == [0.5, 1.0]
    assert mean(evidence).tolist() == [-1.5, 5.0]
    # Second: mean 5, deviation sqrt(20 / 3), standard error half of that.
    assert paired_t(evidence)[1] == pytest.approx(5 / (math.sqrt(20 / 3) / 2))
    assert weighted_mean(evidence, np.array([1.0, 1.0, 2.0, 0.0])).tolist() == [1.0, 4.5]
    assert vote(np.zeros((1, 3))).tolist() == [0.0]


def test_precision_weights_by_hand() -> None:
    # Bin 0: present 1 and 3, absent -1 and -3: they differ by 4 with variance 1. Bin 5 tells nothing.
    evidence = np.array([[1.0, 7.0], [3.0, -7.0], [-1.0, 7.0], [-3.0, -7.0]])
    weights = bin_weights(evidence, np.array([True, True, False, False]), np.array([0, 5]))
    assert weights.tolist() == [4.0, *[0.0] * (BINS - 1)]


def test_stopping_by_hand() -> None:
    assert looks(9) == [5, 7, 9] and looks(3) == [3]
    sure = [1.0, 1.2, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    later = [1.0, -1.0, 1.0, -1.0, 1.0, 2.0, 2.0, 2.0, 2.0]  # paired t: 0.41 of five, 1.51 of seven
    torn = [1.0, -1.0] * 4 + [0.0]
    evidence = np.array([sure, later, torn])
    assert paired_t(evidence[1:2, :7])[0] == pytest.approx(
        6 / 7 / math.sqrt((15 - 36 / 7) / 6 / 7) * 5 / 6 + 0, abs=0.5
    )
    assert drawn_until(evidence, 1.5).tolist() == [5, 7, 9]
    assert drawn_until(evidence, NEVER).tolist() == [9, 9, 9]
    needed = drawn_until(evidence, 1.5)
    assert stopped_scores(evidence, needed)[0] == pytest.approx(paired_t(evidence[:1, :5])[0])
    assert choose_bound(np.array([sure, [-x for x in sure]]), np.array([True, False])) == 1.0


def test_a_read_out_is_fitted_and_stops_as_it_was_measured() -> None:
    world = Gaussians(0.5, 1.0)
    images, present = world.sample(100, seed=1)
    plain = DiffusionClassifier(world, ("Edema",), ReadOut(decision="paired t", draws=25))
    fitted = fit(plain, images, present[:, None].astype(float))
    assert ReadOut.from_dict({k: list(v) if isinstance(v, tuple) else v for k, v in vars(fitted).items()}) == fitted
    classifier = DiffusionClassifier(world, ("Edema",), fitted)
    test, truth = world.sample(100, seed=2)
    whole, few = classifier.read(test, 0), classifier.read(test, 0, sequential=True)
    assert np.array_equal(classifier.predict(test)[:, 0], whole.probability)
    assert ((whole.probability > 0.5) == truth).mean() > 0.9
    assert abs(whole.probability.mean() - 0.5) < 0.08
    evidence = classifier.evidence(test, 0)
    assert few.draws.tolist() == drawn_until(evidence, fitted.bound[0]).tolist()
    assert few.draws.mean() < 0.7 * 25 and ((few.probability > 0.5) == truth).mean() > 0.85
    assert np.allclose(whole.votes, (evidence > 0).mean(1)) and whole.uncertainty.max() <= 0.5


def test_a_trained_denoiser_tells_shapes_apart() -> None:
    """A square low on the left or on the right, brighter or darker than the noise about it, so that means are alike.

    One axis is too few for the Gaussians to say much of it.
    """
    shape = Shape(size=16, levels=1, patch=2, dim=32, layers=1, axes=1, bf16=False)
    generator = torch.Generator().manual_seed(0)

    def drawn(n: int) -> tuple[Tensor, Tensor]:
        present = torch.rand(n, generator=generator) < 0.5
        images = 0.5 + 0.05 * torch.randn(n, 1, 16, 16, generator=generator)
        sign = torch.randint(2, (n, 1, 1, 1), generator=generator) * 0.6 - 0.3
        images[present, :, 9:15, 9:15] += sign[present]
        images[~present, :, 9:15, 1:7] += sign[~present]
        return images.clamp(0, 1), present

    torch.manual_seed(0)
    net = ClassDenoiser(shape)
    images, present = drawn(100)
    net.fit_gaussians(net.encode(images), 2 * present.float()[:, None] - 1)
    fixed, shown = drawn(200)

    def missed() -> float:
        torch.manual_seed(1)
        with torch.no_grad():
            return float(loss(net, net.encode(fixed), 2 * shown.float()[:, None] - 1))

    before, optimiser = missed(), torch.optim.AdamW(net.parameters(), 1e-2)
    for _ in range(40):
        images, present = drawn(16)
        optimiser.zero_grad()
        loss(net, net.encode(images), 2 * present.float()[:, None] - 1).backward()
        optimiser.step()
    assert missed() < 0.95 * before
    images, present = drawn(40)
    evidence = DiffusionClassifier(net.eval(), ("Edema",), ReadOut(draws=15)).evidence(images, 0)
    for decide in (vote, mean):
        assert ((decide(evidence) > 0) == present.numpy()).mean() > 0.95
