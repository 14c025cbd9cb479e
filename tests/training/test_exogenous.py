"""A disc that a finding brightens, in backgrounds that differ: abduction, action and prediction must move it."""

from contextlib import nullcontext

import pytest
import torch

from causaray.cohorts.batches import Batch
from causaray.nets.ladder import Ladder, LadderShape
from causaray.nets.losses import label_evidence
from causaray.systems.baselines import exogenous
from causaray.training.recipe import Run

SIDE, RISE = 16, 0.3
ROWS, COLUMNS = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
DISC = ((ROWS - 8) ** 2 + (COLUMNS - 8) ** 2 < 16).float()


class Discs:
    """Batches of images whose disc is RISE brighter where the finding is present; all else is of the patient."""

    device = torch.device("cpu")
    precision = staticmethod(nullcontext)

    def batches(self, batch: int, seed: int):
        return lambda i: self.batch(batch, 1000 * seed + i)

    def batch(self, n: int, seed: int) -> Batch:
        generator = torch.Generator().manual_seed(seed)
        tilt, level, size = torch.rand(3, n, 1, 1, generator=generator)
        labels = (torch.rand(n, 1, generator=generator) < 0.5).float()
        background = 0.2 + 0.2 * level + 0.2 * tilt * COLUMNS / SIDE + 0.1 * size * ROWS / SIDE
        images = background + RISE * labels[:, :, None] * DISC
        return Batch(images[:, None], labels, torch.arange(n), torch.arange(n))


@pytest.fixture(scope="module", params=[exogenous.LEAK, 1e-6], ids=["against the adversary", "left to itself"])
def trained(request, tmp_path_factory) -> tuple[Ladder, float, bool]:
    """The model, the loss of the adversary in the end, and whether the encoder learned against it."""
    torch.manual_seed(0)
    ladder, out = Ladder(LadderShape(SIDE, (4,), exogenous.CHANNELS, 16), 1), tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exogenous, "LEAK", request.param)
        exogenous.learn(ladder, Discs(), 1, Run(steps=150, batch=32, lr=3e-3), 1, out)
    unread = [line.split(",") for line in (out / "exogenous.csv").read_text().splitlines() if "unread" in line]
    against = request.param == exogenous.LEAK
    return ladder.eval().requires_grad_(False), -float(unread[-1][-1]) / request.param, against


def test_an_action_moves_the_disc_as_far_as_the_finding_does_and_little_else(trained):
    ladder, *_ = trained
    new = Discs().batch(64, 7)
    before, noise = ladder.abduct(new.images, label_evidence(new.labels))
    change = (ladder.predict(noise, label_evidence(1 - new.labels)) - before)[:, 0]
    change = change * (1 - 2 * new.labels[:, :, None])
    assert float(change[:, DISC > 0].mean()) == pytest.approx(RISE, rel=0.2)
    assert float(change[:, DISC == 0].abs().mean()) < RISE / 5


def test_the_adversary_reads_the_finding_unless_the_encoder_learns_against_it(trained):
    _, loss, against = trained
    assert loss > 0.5 if against else loss < 0.3  # log 2 of a guess
