from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from causaray.editors.edit import Edit
from causaray.systems.causal_disentanglement.training.amounts import AMOUNTS, calibrated_amount


class BrightnessGuide(nn.Module):
    """Sees one finding: brightness."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1))

    def forward(self, images: Tensor) -> Tensor:
        return images.mean((1, 2, 3))[:, None, None] * self.gain


def brightening_editor(by: float) -> SimpleNamespace:
    """An editor that brightens by `by` for a finding asked for and darkens for one asked away."""
    sign = {"present": by, "absent": -by}
    return SimpleNamespace(
        names=("Edema",), noise=lambda seed, n: torch.zeros(n, 1, 8, 8),
        encode=lambda images: (None, torch.zeros(len(images), 1, 8, 8)),
        direction=lambda z, findings, *_: torch.full_like(z, sign[findings[0].state]),
        moved=lambda images, identity, z, move: Edit(images, images + move.mean((1, 2, 3))[:, None, None, None]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("by", "amount"), [(1.0, 1.0), (0.3, 1.5), (0.22, 2.0), (-1.0, AMOUNTS[-1]), (0.0, AMOUNTS[-1])]
)
def test_the_amount_is_the_least_that_the_guide_sees(by: float, amount: float) -> None:
    images = torch.linspace(0, 1, 20).view(20, 1, 1, 1).expand(20, 1, 16, 16)
    # Patients differ by up to 1, so a shift of d between the sides is told apart with AUROC 1 - (1 - d)^2 / 2.
    assert calibrated_amount(brightening_editor(by), BrightnessGuide(), images, "Edema") == amount
