import pytest
import torch

from causaray.diffusion.sampler import SAMPLERS, ddim
from causaray.diffusion.schedule import to_noise, velocity
from causaray.errors import BadInput
from causaray.systems.latent_drifting.drift import GRID, accumulating, as_drift, saved_drift, search, told_drift

DELTA = torch.tensor([0.1, -0.2, 0.0]).view(3, 1, 1)
TARGET = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(1))
NOISE = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
TIMES = torch.linspace(0.99, 0, 13)


def oracle(z, t):
    """Of data that are the one point TARGET."""
    return velocity(TARGET, to_noise(z, TARGET, t), t)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_network_is_offset_by_delta_at_every_step_and_nothing_accumulates(sampler):
    plain, shown = [], []

    def recorded(into, network):
        return lambda z, t: (into.append(z), network(z, t))[1]

    def trained_with_delta(x, t):
        return oracle(x - DELTA, t)

    generators = [{"generator": torch.Generator().manual_seed(2)} if sampler == "ancestral" else {} for _ in range(2)]
    times = TIMES[:-1] if sampler == "heun" else TIMES  # at t = 0 the oracle's noise is anything
    without = SAMPLERS[sampler](recorded(plain, oracle), NOISE, times, **generators[0])
    network = recorded(shown, trained_with_delta)
    with_drift = SAMPLERS[sampler](lambda z, t: network(z + DELTA, t), NOISE, times, **generators[1])
    torch.testing.assert_close(with_drift, without, atol=1e-4, rtol=0)
    for x, z in zip(shown, plain, strict=True):
        torch.testing.assert_close(x - z, DELTA.expand_as(z), atol=1e-4, rtol=0)


def test_delta_added_at_each_step_as_printed_does_accumulate():
    """Of standard normal data v is 0 everywhere: a step keeps z, but for the cosine of its angle."""

    def still(z, t):
        return torch.zeros_like(z)

    plain = ddim(still, NOISE, TIMES)
    printed = ddim(still, NOISE, TIMES, accumulating(DELTA))
    kept, offset = torch.cos((TIMES[0] - TIMES[1]) * torch.pi / 2), 0.0
    for _ in TIMES[1:]:
        offset = kept * offset + DELTA
    torch.testing.assert_close(printed - plain, offset.expand_as(plain))
    assert offset[0] > 10 * DELTA[0]


def test_what_a_drift_may_be():
    assert as_drift(0.1, 4).shape == (1, 1, 1)
    assert as_drift("0.1,0,0,-0.1", 4).flatten().tolist() == pytest.approx([0.1, 0, 0, -0.1])
    assert as_drift(0, 4) is None and as_drift("0,0,0,0", 4) is None
    learned = as_drift("learned", 4)
    assert isinstance(learned, torch.nn.Parameter) and learned.shape == (4, 1, 1)
    for strange in ("a little", "0.1,0.2", float("nan")):
        with pytest.raises(BadInput, match="A drift is a number"):
            as_drift(strange, 4)


def test_a_drift_goes_through_config_json():
    assert told_drift(None) is None and saved_drift({}) is None
    torch.testing.assert_close(saved_drift({"drift": told_drift(DELTA)}), DELTA)


def test_the_search_begins_with_what_is_nearest_and_prefers_no_drift():
    assert len(GRID) == 9 and 0.0 in GRID and min(GRID) == -0.2 and max(GRID) == 0.2
    assert next(iter(search(lambda delta: abs(delta - 0.1)))) == 0.1
    assert next(iter(search(lambda delta: 1.0))) == 0.0
