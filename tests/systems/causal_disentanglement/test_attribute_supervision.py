import pytest
import torch

from causaray.cohorts.batches import Batch
from causaray.nets.autoencoder import Shape
from causaray.nets.discriminator import PatchDiscriminator
from causaray.systems.causal_disentanglement.digits.attribute_autoencoder import AttributeAutoencoder
from causaray.systems.causal_disentanglement.digits.attribute_guide import AttributeGuide, brightness
from causaray.systems.causal_disentanglement.digits.attribute_supervision import (
    STILL,
    AttributeRequests,
    AttributeSupervision,
    carry_over_where_still,
)
from causaray.systems.causal_disentanglement.digits.attributes import COLUMNS, AttributeScale, attribute_loss, mixed
from causaray.systems.causal_disentanglement.stage1_group_supervision import Weights

N = len(COLUMNS)


def rows(digits: list[int]) -> torch.Tensor:
    return torch.cat([torch.randn(len(digits), 2), torch.eye(10)[digits]], dim=1)


@pytest.fixture
def supervision() -> AttributeSupervision:
    torch.manual_seed(1)
    model = AttributeAutoencoder(Shape(32, 4, 8, 16, 1, 1, 32, 2), N)
    weights = Weights(adversarial=0.1, cycle=0.1)
    return AttributeSupervision(model, AttributeGuide(N, 4, 16), PatchDiscriminator(N, 8), weights, torch.ones(N))


def test_detail_is_carried_over_where_nothing_moves_and_only_there() -> None:
    image, reconstruction = torch.rand(2, 1, 1, 9, 18)
    changed = reconstruction.clone()
    changed[..., 9:] += 20 * STILL
    made = carry_over_where_still(image, reconstruction, changed)
    assert torch.equal(made[..., :8], image[..., :8])
    torch.testing.assert_close(made[..., 10:-1], changed[..., 10:-1])
    assert torch.equal(carry_over_where_still(image, reconstruction, reconstruction.clone()), image)


def test_an_attribute_loss_by_hand() -> None:
    attributes = torch.cat([torch.tensor([[1.0, -1.0]]), torch.eye(10)[[4]]], dim=1)
    predicted = torch.zeros(1, 12)
    predicted[:, :2] = torch.tensor([1.05, -2.0])
    # Huber of beta 0.03: 0.05 - 0.015 and 1 - 0.015, averaged; cross-entropy of ten equal logits, weighted 0.3.
    expected = (0.035 + 0.985) / 2 + 0.3 * torch.log(torch.tensor(10.0))
    assert attribute_loss(predicted, attributes).item() == pytest.approx(expected.item(), rel=1e-5)


def test_scaled_attributes_are_standardised_numbers_and_the_digit() -> None:
    seen = {"thickness": torch.tensor([[1.0], [3.0]]), "intensity": torch.tensor([[100.0], [200.0]])}
    scale = AttributeScale()
    scale.fit(seen)
    scaled = scale({**seen, "digit": torch.eye(10)[[2, 5]]})
    root = 0.5**0.5
    torch.testing.assert_close(scaled[:, :2], torch.tensor([[-root, -root], [root, root]]))
    assert scaled[:, 2:].argmax(1).tolist() == [2, 5]


def test_identity_is_asked_for_only_where_the_digit_stays(supervision: AttributeSupervision) -> None:
    batch = Batch(torch.rand(4, 1, 32, 32), rows([7, 7, 1, 2]), torch.tensor([1, 0, 3, 2]), torch.arange(4))
    _, parts = supervision.reconstruct(batch)
    swap = supervision.swap(parts, batch.donor)
    told = supervision.supervise(swap, batch)["identity"]
    torch.testing.assert_close(told, supervision.identity_loss(swap.swapped[:2], swap.images[:2]))


def test_all_losses_reach_the_generator_and_none_the_guide(supervision: AttributeSupervision) -> None:
    batch = Batch(torch.rand(4, 1, 32, 32), rows([7, 7, 1, 2]), torch.tensor([1, 0, 3, 2]), torch.arange(4))
    losses, parts = supervision.reconstruct(batch)
    swap = supervision.swap(parts, batch.donor)
    losses |= supervision.supervise(swap, batch)
    torch.stack(list(losses.values())).sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in supervision.model.encoder.parameters())
    assert all(p.grad is None for p in supervision.guide.parameters())
    assert supervision.critic_loss(swap, batch.donor).isfinite()


def test_the_attribute_channel_sees_brightness() -> None:
    torch.manual_seed(0)
    model = AttributeAutoencoder(Shape(32, 4, 8, 16, 1, 1, 32, 2), N)
    x = torch.rand(1, 1, 32, 32)
    bright, dark = (model.encode(share * x)[1].mean for share in (1.0, 0.5))
    assert (bright - dark).abs().max() > 1e-3


def test_attributes_are_mixed_one_by_one_and_the_digit_whole() -> None:
    torch.manual_seed(0)
    own, donor = rows([3] * 400), rows([7] * 400)
    asked = mixed(own, donor)
    taken = torch.stack([asked[:, 0] == donor[:, 0], asked[:, 1] == donor[:, 1], asked[:, 2 + 7] == 1], dim=1)
    assert torch.equal(torch.where(taken[:, :1], donor[:, :1], own[:, :1]), asked[:, :1])
    assert (asked[:, 2:].sum(1) == 1).all() and (asked[:, [2 + 3, 2 + 7]].sum(1) == 1).all()
    assert len(taken.unique(dim=0)) == 8, "every combination is asked for"


def test_asking_for_what_is_there_leaves_the_digit_as_it_is() -> None:
    torch.manual_seed(1)
    model = AttributeAutoencoder(Shape(32, 4, 8, 16, 1, 1, 32, 2), N)
    method = AttributeRequests(
        model, AttributeGuide(N, 4, 16), PatchDiscriminator(N, 8), Weights(), torch.ones(N),
        expect=lambda attributes: attributes.mean(1)[:, None, None, None].expand(-1, 1, 8, 8),
    )  # fmt: skip
    batch = Batch(torch.rand(4, 1, 32, 32), rows([1, 1, 2, 2]), torch.arange(4), torch.arange(4))
    _, parts = method.reconstruct(batch)
    assert torch.equal(method.swap(parts, batch.donor).swapped, batch.images)
    assert torch.equal(parts.pathology, batch.labels.mean(1)[:, None, None, None].expand(-1, 1, 8, 8))
    other = method.swap(parts, torch.tensor([2, 3, 0, 1]))
    assert not torch.equal(other.swapped, batch.images) and torch.equal(other.identity, parts.identity)


def test_brightness_is_the_median_of_the_stroke_and_moves_more_than_one_pixel() -> None:
    # 101 pixels of a stroke from 100 to 200 in a black field of 300: their median is 150.
    image = torch.cat([torch.arange(100.0, 201.0), torch.zeros(199)])[torch.randperm(300)].view(1, 1, 15, 20) / 255
    image.requires_grad_()
    read = brightness(image)
    assert read.item() * 255 == pytest.approx(150, abs=0.5)
    read.sum().backward()
    assert image.grad is not None
    assert 10 < (image.grad > 0).sum().item() < 30
