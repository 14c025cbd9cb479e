import pytest
import torch

from causaray.anatomy.drawing import Sheet
from causaray.anatomy.lesions import atelectasis, consolidation, edema, effusion, emphysema, nodule, pneumothorax

SHARES = {
    "effusion": effusion.effusion,
    "layered effusion": effusion.layered_effusion,
    "pneumothorax": lambda chest, v: pneumothorax.FallenLung(chest, v).emptied(),
    "upper lobe": lambda chest, v: consolidation.in_place(chest, "upper lobe", v),
    "lower lobe": lambda chest, v: consolidation.in_place(chest, "lower lobe", v),
    "middle zone": lambda chest, v: consolidation.in_place(chest, "middle zone", v),
    "edema": edema.haze,
    "plates": lambda chest, v: atelectasis.plates(chest, v, 0.1),
    "emphysema": emphysema.pruned,
}


@pytest.fixture(scope="module")
def chest(film):
    return Sheet.of(film[1], seed=2).chest


@pytest.mark.parametrize("name", SHARES)
def test_a_share_grows_with_severity_and_stays_a_share(chest, name):
    mild, severe = (SHARES[name](chest, v) for v in (0.3, 0.9))
    for share in (mild, severe):
        assert share.min() >= 0 and share.max() <= 1
    assert severe.sum() > 1.2 * mild.sum() > 0


@pytest.mark.parametrize("name", SHARES)
def test_nothing_lies_outside_of_the_cage(chest, name):
    assert SHARES[name](chest, 0.9)[chest.t > 1.05].abs().max() < 1e-6


def test_a_small_effusion_lies_in_the_outer_angle_alone(chest):
    share = effusion.effusion(chest, 0.25)
    assert share[chest.t > 0.8].max() > 0.5
    assert share[(chest.t < 0.4) & (chest.height < 0)].max() < 0.05


def test_fluid_stands_higher_at_the_wall_than_inside(chest):
    share = effusion.effusion(chest, 0.5)
    top = [chest.height[(share > 0.5) & (chest.t > low) & (chest.t < low + 0.1)].min() for low in (0.4, 0.8)]
    assert top[1] < top[0] - 0.05


def test_air_gathers_at_the_apex(chest):
    share = pneumothorax.FallenLung(chest, 0.4).emptied()
    upper, lower = (share[(chest.depth > low) & (chest.depth < low + 0.2) & (chest.t < 0.95)] for low in (0.1, 0.75))
    assert upper.mean() > 1.5 * lower.mean()


def test_lobes_end_at_the_minor_fissure(chest):
    right = chest.x < -0.1
    upper, middle = consolidation.upper_lobe(chest), consolidation.middle_lobe(chest)
    above, below = upper[right & (chest.depth < 0.4)], upper[right & (chest.depth > 0.6)]
    assert above.mean() > 0.95 and above.min() > 0.5 and below.max() < 0.1  # its border is sharp in parts
    assert middle[right & (chest.depth < 0.4)].max() < 0.1


def test_a_nodule_is_as_wide_as_its_radius_says(chest):
    column, row = float(chest.column[0, 0, 60, 30]), float(chest.row[0, 0, 60, 30])
    ball = nodule.nodule(chest, 0.5, column, row, 0.1)
    assert ball[0, 0, 60, 30] > 0.9
    area = float((ball > 0).sum()) * chest.pixel**2
    assert 0.6 < area / (torch.pi * 0.01) < 1.6
