"""A lung that fluid leaves, against the phantom that never had it."""

import pytest
import torch
from torch import Tensor

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.drawing import Lesion, draw
from causaray.cohorts.phantom import World
from causaray.cohorts.phantom.coordinates import coordinates
from causaray.nets.guide import blur
from causaray.systems.causal_disentanglement.cleared_lung import cleared, one_sided

HEALTHY = World(size=128, common=0, devices=0).sample(3, seed=3)
PLACE = Coordinates.of(coordinates(HEALTHY))


def drawn(v: float, sides: tuple[str, ...], i: int = 0) -> tuple[Tensor, Coordinates, Tensor, Tensor]:
    """Film and coordinates of a phantom, the film with fluid drawn on it, and the fluid's share."""
    film, place = HEALTHY.images[i : i + 1], PLACE.rows([i])
    made = draw(film, place, [Lesion("Pleural Effusion", v, sides)], 0)
    return film, place, made.film, made.share


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("i", [0, 1, 2])
def test_lung_is_seen_where_fluid_was_and_it_has_the_detail_of_lung(side: str, i: int) -> None:
    film, place, ill, share = drawn(0.5, (side,), i)
    made = cleared(ill, place, share, side == "left", blur(film, 4))  # as R paints, without detail
    under = (share > 0.5) & (place.aerated > 0.9) & (place.below < -0.1)
    error, nothing = (float((one - film).abs()[under].mean()) for one in (made, ill))
    assert error < 0.5 * nothing

    def detail(image: Tensor) -> float:
        return float(torch.gradient(image, dim=2)[0].abs()[under].mean())

    assert detail(made) > 0.7 * detail(film) > detail(blur(film, 4))


def test_the_other_side_stays_bit_for_bit_and_half_of_it_goes_half_way() -> None:
    _, place, ill, share = drawn(0.6, ("left",))
    made, half = (cleared(ill, place, share, True, ill, amount) for amount in (1.0, 0.5))
    assert torch.equal(made[place.left_half == 0], ill[place.left_half == 0])
    under = (share > 0.5) & (place.aerated > 0.9)
    one, other = (float((x - ill)[under].mean()) for x in (half, made))
    assert 0.3 < one / other < 0.7
    assert torch.equal(cleared(ill, place, share, True, ill, 0.0), ill)


def test_fluid_on_both_sides_or_next_to_none_is_not_cleared_so() -> None:
    _, place, _, share = drawn(0.5, ("left",))
    assert one_sided(place, share) is True and one_sided(place, 0.001 * share) is None
    _, place, _, share = drawn(0.5, ("right",))
    assert one_sided(place, share) is False
    _, place, _, share = drawn(0.5, ("left", "right"))
    assert one_sided(place, share) is None
