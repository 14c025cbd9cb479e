"""The network of the amortised engine: from noise to better noise, for a patient and a centroid of references."""

import torch
from torch import Tensor, nn

from causaray.nets.blocks import ResBlock


class NoiseProposal(nn.Module):
    """Noise (B, 1, p, p), the patient's pathology maps (B, k, p, p), a centroid (d,) -> a shift of the noise.

    A pattern of the centroid alone, and what patient and noise add to it.

    Nothing at initialisation, so that training begins where no optimisation would.
    """

    def __init__(self, d: int, size: int, width: int, depth: int, maps: int = 1) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.randn(1, width, size, size) * 0.1)
        self.pattern = nn.Linear(d, size * size)
        self.enter = nn.Conv2d(1 + maps, width, 3, padding=1)
        self.toward = nn.Linear(d, depth * width)
        self.blocks = nn.ModuleList(ResBlock(width) for _ in range(depth))
        self.whole = nn.Linear(width, width)
        self.leave = nn.Conv2d(width, 1, 3, padding=1)
        for last in (self.leave, self.pattern):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, noise: Tensor, z: Tensor, centroid: Tensor) -> Tensor:
        h = self.enter(torch.cat([noise, z], dim=1)) + self.place
        wanted = self.toward(centroid).chunk(len(self.blocks))
        for i, (block, told) in enumerate(zip(self.blocks, wanted, strict=True)):
            h = block(h + told[None, :, None, None])
            if i == 0:
                h = h + self.whole(h.mean((2, 3)))[:, :, None, None]
        return self.leave(h) + self.pattern(centroid).view(1, *noise.shape[1:])
