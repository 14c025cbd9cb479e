from dataclasses import replace

import pytest
import torch
from skimage.metrics import structural_similarity
from torch import Tensor

from causaray.cohorts.batches import Batch
from causaray.nets.autoencoder import CausalAutoencoder, Shape
from causaray.nets.blocks import standardise
from causaray.nets.denoiser import Standardiser
from causaray.nets.discriminator import PatchDiscriminator
from causaray.nets.guide import Guide
from causaray.nets.losses import label_evidence, masked_bce, positive_weights
from causaray.systems.causal_disentanglement.similarity import ssim, structure
from causaray.systems.causal_disentanglement.stage1_group_supervision import (
    GroupSupervision,
    Spaces,
    Swap,
    Weights,
    confusion,
    glimpse,
)
from causaray.systems.causal_disentanglement.stage2_pathology_prior import drop_conditions


@pytest.fixture
def batch() -> Batch:
    torch.manual_seed(0)
    labels = torch.tensor([[1.0, 0.0], [0.0, float("nan")], [1.0, 1.0], [0.0, 0.0]])
    return Batch(torch.rand(4, 1, 64, 64), labels, torch.tensor([1, 0, 3, 2]), torch.arange(4))


def supervision(target: str = "donor") -> GroupSupervision:
    torch.manual_seed(1)
    model = CausalAutoencoder(Shape(64, 4, 8, 16, 1, 2, 32, 4), 2)
    weights = Weights(adversarial=0.1, minimality=0.1, cycle=0.1)
    return GroupSupervision(
        model, Guide(2, (("small", 32),), 8), PatchDiscriminator(2, 8), weights, torch.ones(2), target
    )


def test_a_swap_takes_pathology_and_labels_from_the_donor_and_nothing_else(batch: Batch) -> None:
    method = supervision()
    _, parts = method.reconstruct(batch)
    swap = method.swap(parts, batch.donor)
    torch.testing.assert_close(swap.pathology, parts.pathology[[1, 0, 3, 2]])
    torch.testing.assert_close(swap.identity, parts.identity)
    torch.testing.assert_close(swap.labels, batch.labels[[1, 0, 3, 2]], equal_nan=True)
    itself = method.swap(parts, torch.arange(4))
    torch.testing.assert_close(itself.swapped, batch.images)


@pytest.mark.parametrize(("target", "wanted"), [("donor", True), ("self", False)])
def test_the_donor_reading_of_l_pc_rewards_the_change_and_the_printed_one_punishes_it(
    batch: Batch, target: str, wanted: bool
) -> None:
    method = supervision(target)
    for view in method.guide.views:
        torch.nn.init.normal_(view.head[-1].weight, std=3.0)  # a guide with opinions
    own = Swap(batch.images, batch.images, batch.images, Tensor(), Tensor(), batch.labels)
    loss = {}
    for name, image in {"changed": batch.images[batch.donor], "unchanged": batch.images}.items():
        torch.manual_seed(2)
        loss[name] = method.pathology_loss(replace(own, swapped=image), batch).item()
    assert (loss["changed"] < loss["unchanged"]) == wanted


def test_identity_loss_forgives_opacity_and_fading_but_not_moved_structure(batch: Batch) -> None:
    method, x = supervision(), batch.images
    opacity = x * 0.6 + 0.3
    assert method.identity_loss(opacity, x) < 0.01
    assert method.identity_loss(x.roll(3, dims=3), x) > 0.5


def test_in_spaces_of_ones_own_the_losses_are_distances_there(batch: Batch) -> None:
    method = supervision()
    pool = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(4), torch.nn.Flatten())
    spaces = Spaces(pool, pool)
    own = GroupSupervision(method.model, method.guide, method.critic, Weights(), torch.ones(2), spaces=spaces)
    x, y = batch.images, batch.images[batch.donor]
    expected = (pool(standardise(x)) - pool(standardise(y))).square().mean()
    torch.testing.assert_close(own.identity_loss(x, y), expected)
    assert own.identity_loss(x * 0.5 + 0.2, x) < 1e-4, "exposure is no identity"
    swap = Swap(x, x, y, Tensor(), Tensor(), batch.labels)
    torch.manual_seed(0)
    at_the_donor = own.pathology_loss(swap, batch)
    torch.manual_seed(0)
    at_home = own.pathology_loss(replace(swap, swapped=x), batch)
    assert at_the_donor < 0.2 * at_home


def test_structure_is_the_structure_of_ssim_where_brightness_and_contrast_agree() -> None:
    torch.manual_seed(0)
    x = torch.rand(1, 1, 64, 64)
    y = (x + 0.3 * torch.rand_like(x) - 0.15).clamp(0, 1)
    reference = structural_similarity(
        x[0, 0].numpy(), y[0, 0].numpy(), data_range=1.0, gaussian_weights=True, sigma=1.5
    )
    assert structure(x, y, 1.5).mean().item() == pytest.approx(reference, abs=0.03)
    assert structure(x, x, 1.5).min() > 0.999
    assert structure(x, 1 - x, 1.5).mean() < -0.9


def test_ssim_is_that_of_the_reference_library() -> None:
    torch.manual_seed(0)
    x = torch.nn.functional.interpolate(torch.rand(2, 1, 16, 16), scale_factor=4, mode="bilinear")
    y = (x + 0.1 * torch.rand_like(x)).clamp(0, 1)
    for a, b, made in zip(x[:, 0].numpy(), y[:, 0].numpy(), ssim(x, y)[:, 0], strict=True):
        _, reference = structural_similarity(
            a, b, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
        )
        assert made[8:-8, 8:-8].numpy() == pytest.approx(reference[8:-8, 8:-8], abs=0.02), (
            "its window is cut a pixel later"
        )
        assert made.mean().item() == pytest.approx(reference.mean(), abs=2e-3)


def test_all_losses_reach_the_generator_and_none_the_guide(batch: Batch) -> None:
    method = supervision()
    losses, parts = method.reconstruct(batch)
    losses |= method.supervise(method.swap(parts, batch.donor), batch)
    assert set(losses) == {
        "pixel", "ssim", "kl_identity", "kl_pathology", "classify", "identity", "pathology", "adversarial",
        "minimality", "cycle",
    }  # fmt: skip
    sum(losses.values()).backward()
    gradients: list[Tensor | None] = [p.grad for p in method.model.encoder.parameters()]
    assert all(g is not None and g.isfinite().all() for g in gradients)
    assert all(p.grad is None for p in method.guide.parameters())


def test_unknown_labels_count_for_nothing() -> None:
    logits = torch.tensor([[0.0, 5.0], [2.0, -3.0]])
    labels = torch.tensor([[1.0, float("nan")], [float("nan"), float("nan")]])
    assert masked_bce(logits, labels).item() == pytest.approx(0.6931, abs=1e-4)
    assert label_evidence(labels).tolist() == [[1.0, 0.0], [0.0, 0.0]]
    weights = positive_weights(torch.tensor([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [0.0, float("nan")]]))
    assert weights.tolist() == [3.0, 1.0]


def test_condition_dropout_has_the_null_condition_and_never_invents() -> None:
    torch.manual_seed(0)
    evidence = torch.tensor([[1.0, -1.0, 0.0]]).expand(4000, 3)
    dropped = drop_conditions(evidence, null=0.3)
    null = (dropped == 0).all(1).float().mean().item()
    assert 0.3 + 0.7 / 3 - 0.04 < null < 0.3 + 0.7 / 3 + 0.04, "null, or both dropped under a uniform keep share"
    assert ((dropped == evidence) | (dropped == 0)).all()


def test_standardiser_round_trip() -> None:
    scale, z = Standardiser(), torch.randn(100, 1, 8, 8) * 3 + 2
    scale.fit(z)
    assert scale(z).std().item() == pytest.approx(1, abs=1e-4)
    torch.testing.assert_close(scale.inverse(scale(z)), z)


def test_a_glimpse_blurs_and_shifts_by_parts_of_the_image_whatever_its_size() -> None:
    small = torch.zeros(1, 1, 64, 64)
    small[..., 20:30, 30:50] = 1
    spread = []
    for x in (small, small.repeat_interleave(4, 2).repeat_interleave(4, 3)):
        torch.manual_seed(3)
        spread.append(torch.nn.functional.avg_pool2d(glimpse(x), x.shape[-1] // 32))
    assert (spread[0] - spread[1]).abs().mean() < 0.02


def test_not_knowing_is_a_logit_of_zero_and_unknown_labels_ask_nothing() -> None:
    logits = torch.tensor([[2.0, -1.0], [0.0, 3.0]])
    labels = torch.tensor([[1.0, 0.0], [0.0, float("nan")]])
    assert confusion(logits, labels).item() == pytest.approx((4 + 1 + 0) / 3)
    assert confusion(logits, torch.full_like(labels, float("nan"))).item() == 0


def test_the_leak_penalty_takes_a_finding_out_of_the_identity_channels_and_the_probe_learns_without_the_model() -> None:
    torch.manual_seed(0)
    labels = torch.tensor([[1.0], [0.0]] * 8)
    images = torch.rand(16, 1, 64, 64) * 0.5 + 0.5 * labels[:, :, None, None]
    shown = Batch(images, labels, torch.arange(16) ^ 1, torch.arange(16))
    model, weights = CausalAutoencoder(Shape(64, 4, 8, 16, 1, 0, 32, 4), 1), Weights(leak=1.0)
    guide, critic = Guide(1, (("small", 32),), 8), PatchDiscriminator(1, 8)
    method = GroupSupervision(model, guide, critic, weights, torch.ones(1))
    assert method.probe is not None

    def learn(optimiser: torch.optim.Optimizer, key: str) -> float:
        losses, parts = method.reconstruct(shown)
        loss = (losses | method.adversary_loss(parts, None, shown.donor))[key]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    probing = torch.optim.Adam(method.probe.parameters(), 3e-3)
    read = [learn(probing, "probe") for _ in range(40)]
    assert read[-1] < 0.3 < read[0], "an exposure can be read from identity channels that nothing has taught"
    assert all(p.grad is None for p in model.encoder.identity.parameters()), (
        "the probe's lesson is no lesson to the model"
    )
    hiding = torch.optim.Adam(model.encoder.parameters(), 3e-3)
    leak = [learn(hiding, "leak") for _ in range(40)]
    assert leak[-1] < leak[0] / 5
