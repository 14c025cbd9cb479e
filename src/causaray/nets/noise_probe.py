"""An adversary that reads findings from the noise of a variational model, which should tell none."""

from torch import Tensor, nn


class NoiseProbe(nn.Module):
    """Noise (B, c, r, r) -> logits (B, findings)."""

    def __init__(self, values: int, n_findings: int, width: int = 256) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Flatten(), nn.Linear(values, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2),
            nn.Linear(width, n_findings),
        )  # fmt: skip

    def forward(self, noise: Tensor) -> Tensor:
        return self.net(noise).float()
