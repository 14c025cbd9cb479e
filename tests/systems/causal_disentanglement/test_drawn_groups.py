import pytest
import torch
from torch import Tensor, nn

from causaray.editors.residual import carry_kept, coarse
from causaray.nets.autoencoder import CausalAutoencoder, Shape
from causaray.nets.discriminator import PatchDiscriminator
from causaray.systems.causal_disentanglement.stage1_drawn_groups import (
    DrawnGroups,
    Groups,
    GroupWeights,
    changes,
    cross_entropy,
    evened,
    gradient_loss,
    same,
    told_shares,
    weakly_told,
    with_share,
    without,
)
from causaray.systems.causal_disentanglement.stage1_group_supervision import Weights

SHAPE = Shape(64, 4, 16, 16, 1, 1, 16, 4, pathology_channels=2, true_groups=True)


class Blind(nn.Module):
    """A guide that sees nothing."""

    def forward(self, x: Tensor) -> Tensor:
        return x.new_zeros(len(x), 1, 3)


def square(at: int) -> Tensor:
    """A share map with a square of 16 pixels a side."""
    share = torch.zeros(1, 1, 64, 64)
    share[..., at : at + 16, at : at + 16] = 1
    return share


@pytest.fixture()
def groups() -> Groups:
    torch.manual_seed(0)
    films = 0.3 + 0.2 * torch.rand(4, 1, 64, 64)
    share = torch.cat([square(8), square(8), square(32), square(32)])
    labels = torch.zeros(4, 3)
    after, shown = labels.clone(), torch.zeros(4, 3)
    after[:2, 0] = after[2:, 1] = shown[:2, 0] = shown[2:, 1] = 1
    return Groups(films, films + 0.3 * share, share, labels, after, shown, torch.tensor([1, 0, 3, 2]))


def supervision(weights: GroupWeights | None = None) -> DrawnGroups:
    torch.manual_seed(1)
    model = CausalAutoencoder(SHAPE, 3)
    return DrawnGroups(
        model, Blind(), PatchDiscriminator(3), Weights(), torch.ones(3), groups=weights or GroupWeights()
    )


def test_the_patients_detail_survives_where_nothing_covers_it_bit_for_bit() -> None:
    image, layer = torch.rand(1, 1, 32, 32), torch.rand(1, 1, 32, 32)
    cover = torch.rand(1, 1, 32, 32)
    assert torch.equal(carry_kept(image, (layer, cover), (layer, cover)), image)
    other, over = torch.rand(1, 1, 32, 32), torch.ones(1, 1, 32, 32)
    wholly = carry_kept(image, (layer, torch.zeros_like(over)), (layer, over))
    torch.testing.assert_close(wholly, coarse(image), msg="under a whole cover no fine detail is left")
    m = 1 - (over - cover).abs()
    torch.testing.assert_close(
        carry_kept(image, (layer, cover), (other, over)), coarse(image) + other - layer + m * (image - coarse(image))
    )


def test_what_changes_counts_more(groups: Groups) -> None:
    weight = changes(groups.films, groups.drawn)
    assert weight[0, 0, 16, 16] > 6 and weight[0, 0, 60, 60] == 1
    assert changes(groups.films, groups.films).max() == 1


def test_the_gradient_loss_is_that_of_neighbours() -> None:
    truth, made = torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    made[..., 2:] = 1.0
    assert float(gradient_loss(made, truth, torch.ones_like(made))) == pytest.approx(1 / 3)
    assert float(gradient_loss(made + 5, made, torch.ones_like(made))) == 0


def test_small_findings_have_nearly_as_much_to_say_as_large_ones() -> None:
    film = torch.zeros(2, 1, 8, 8)
    drawn = film.clone()
    drawn[0, :, :1, :1], drawn[1] = 1.0, 1.0  # a pixel, and all
    weight = evened(torch.ones_like(film), film, drawn)
    said = (weight * (drawn - film)).mean((1, 2, 3))
    assert said[1] / said[0] < 3 < 64
    assert said[1] == pytest.approx(0.06 / 1.01, rel=1e-3)


def test_weak_labels_are_compared_with_the_highest_shares() -> None:
    maps = torch.full((2, 2, 8, 8), 0.1)
    maps[0, 0].view(-1)[:24] = 0.9  # of film 0 the first map is high in 24 places
    labels = torch.tensor([[1.0, torch.nan], [0.0, -1.0]])
    right = float(weakly_told(maps, labels))
    assert right == pytest.approx(float(-2 * torch.tensor(0.9).log()), rel=1e-4)
    assert float(weakly_told(maps, labels.flip(0))) > 4 * right
    assert float(weakly_told(maps, torch.full((2, 2), torch.nan))) == 0
    assert float(cross_entropy(torch.tensor(0.5), torch.tensor(1.0))) == pytest.approx(0.6931, abs=1e-4)


def test_equal_identities_cost_nothing() -> None:
    z = torch.randn(3, 2, 4, 4)
    assert float(same(torch.cat([z, z]))) == 0
    assert float(same(torch.cat([z, -z]))) == pytest.approx(4.0, rel=0.1)


def test_maps_take_a_share_and_lose_it_where_it_is_shown() -> None:
    maps, share = torch.full((1, 2, 2, 2), 0.4), torch.tensor([[[[0.9, 0.1], [0.0, 0.4]]]])
    shown = torch.tensor([[1.0, torch.nan]])
    more = with_share(maps, share, shown)
    assert more[0, 0].flatten().tolist() == pytest.approx([0.9, 0.4, 0.4, 0.4]), "what is there already stays"
    assert torch.equal(more[0, 1], maps[0, 1])
    less = without(more, shown)
    assert not less[0, 0].any() and torch.equal(less[0, 1], maps[0, 1])


def test_a_map_that_tells_the_share_costs_less_than_one_that_does_not(groups: Groups) -> None:
    share = nn.functional.adaptive_avg_pool2d(groups.share, 16)
    right = share * groups.shown[:, :, None, None]
    nothing = torch.zeros_like(right)
    assert told_shares(nothing, right, share, groups.shown) < 0.05
    assert told_shares(nothing, right.flip(3), share, groups.shown) > 1
    assert told_shares(right, right, share, groups.shown) > 0.2, "without the finding nothing is to be told"
    unknown = torch.where(groups.shown == 1, 1.0, torch.nan)
    elsewhere = right + (groups.shown == 0)[:, :, None, None]
    assert told_shares(elsewhere * 0, elsewhere, share, unknown) < 0.05, "of what is not known nothing is asked"


def test_all_terms_reach_the_nets(groups: Groups) -> None:
    learned = supervision(GroupWeights(adversarial=0.1))
    losses, edits = learned.compare(groups)
    assert {"same", "edit", "gradient", "like", "share", "fooled", "classify", "pixel"} <= set(losses)
    torch.stack(list(losses.values())).sum().backward()
    silent = [name for name, p in learned.model.named_parameters() if p.grad is None]
    assert all(name.startswith("refiner.") for name in silent), "fine maps are learned after stage 1"
    assert edits.edited.shape == edits.truth.shape == (4, 1, 64, 64)
    assert learned.group_critic_loss(edits).requires_grad


def test_a_few_steps_teach_adding_and_removing(groups: Groups) -> None:
    learned = supervision(GroupWeights(adversarial=0.0))
    optimiser = torch.optim.Adam(learned.model.parameters(), 2e-3)
    errors = []
    for _ in range(120):
        losses, _ = learned.compare(groups)
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        optimiser.step()
        errors.append(float(losses["edit"].detach()))
    assert sum(errors[-5:]) < 0.5 * sum(errors[:5])
