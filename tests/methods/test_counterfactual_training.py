import pytest
import torch
from torch import Tensor, nn

from causaray.cohorts.batches import Batch
from causaray.methods.counterfactual_training import FIRST, RATE, CounterfactualTraining, Multiplier
from causaray.methods.losses import label_evidence
from causaray.methods.residual import carry_over
from causaray.nets.ladder import Ladder, LadderShape


class Halves(nn.Module):
    """Two findings: the brightness of the upper and of the lower half, about the middle grey. Nothing to learn."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(20.0))

    def forward(self, x: Tensor) -> Tensor:
        halves = nn.functional.adaptive_avg_pool2d(x, (2, 1)).flatten(1)
        return (self.scale * (halves - 0.5))[:, None]


@pytest.fixture
def batch() -> Batch:
    torch.manual_seed(0)
    labels = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    shown = (0.35 + 0.3 * labels).repeat_interleave(16, 1)[:, None, :, None]
    images = (shown + 0.02 * torch.randn(4, 1, 32, 32)).clamp(0, 1)
    return Batch(images, labels, torch.tensor([1, 0, 3, 2]), torch.arange(4))


def moved(training: CounterfactualTraining, batch: Batch, column: int) -> Tensor:
    """How far the guide's logits (2,) move from a finding taken away to the same added."""
    nothing, asked = torch.zeros_like(batch.labels), torch.full_like(batch.labels, torch.nan)
    with torch.no_grad():
        before, noise = training.ladder.abduct(batch.images, nothing)
        ends = []
        for value in (0.0, 1.0):
            asked[:, column] = value
            after = training.ladder.predict(noise, label_evidence(asked))
            ends.append(training.guide(carry_over(batch.images, after - before))[:, 0].mean(0))
    return ends[1] - ends[0]


def test_a_vae_that_hears_nothing_learns_to_obey_and_to_leave_the_rest(batch: Batch) -> None:
    training = CounterfactualTraining(Ladder(LadderShape(32, (4, 8), 4, 16), 2), Halves(), 1)  # type: ignore[arg-type]
    optimiser = torch.optim.Adam(training.ladder.parameters(), lr=3e-3)
    assert moved(training, batch, 0).abs().max() < 0.2
    for _ in range(60):
        loss = training.obedience(batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    for column in (0, 1):
        by = moved(training, batch, column)
        assert by[column] > 2 and by[column] > 3 * by[1 - column].abs()
    assert training.guide.scale.grad is None and float(training.guide.scale) == 20.0  # type: ignore[arg-type]


def test_the_multiplier_rises_while_the_energy_is_too_high_and_is_never_negative() -> None:
    multiplier, energy = Multiplier(0.5), torch.tensor(0.75, requires_grad=True)
    loss = multiplier.excess(energy)
    assert multiplier.value.item() == pytest.approx(FIRST + RATE * 0.5)
    assert loss.item() == pytest.approx((FIRST + RATE * 0.5) * 0.5)
    loss.backward()
    assert energy.grad is not None and energy.grad.item() == pytest.approx((FIRST + RATE * 0.5) / 0.5)
    for _ in range(1000):
        multiplier.excess(torch.tensor(0.2))
    assert multiplier.value.item() == 0.0 and set(multiplier.state_dict()) == {"limit", "value"}
