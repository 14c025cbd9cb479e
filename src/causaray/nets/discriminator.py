"""The patch discriminator: the realism term for images that no photograph answers for."""

from torch import Tensor, nn

from causaray.nets.blocks import downsample


class PatchDiscriminator(nn.Module):
    """Images (B, 1, S, S) and label evidence (B, n) -> a map of realness logits (B, 1, S/8, S/8).

    Labels enter by projection (Miyato & Koyama 2018): present 1, absent -1, unknown 0. So an image is judged as a
    radiograph, and as a radiograph *with these findings*.
    """

    def __init__(self, n_findings: int, width: int = 32) -> None:
        super().__init__()
        act = nn.LeakyReLU(0.2)
        spectral = nn.utils.parametrizations.spectral_norm
        self.body = nn.Sequential(
            spectral(downsample(1, width)), act,
            spectral(downsample(width, 2 * width)), act,
            spectral(downsample(2 * width, 4 * width)), act,
            spectral(nn.Conv2d(4 * width, 4 * width, 3, padding=1)), act,
        )  # fmt: skip
        self.realness = spectral(nn.Conv2d(4 * width, 1, 3, padding=1))
        self.evidence = nn.Sequential(
            spectral(nn.Conv2d(4 * width, 4 * width, 4, stride=4)), act, nn.AdaptiveAvgPool2d(4), nn.Flatten(),
            spectral(nn.Linear(4 * width * 16, n_findings)),
        )  # fmt: skip

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        h = self.body(2 * x - 1)
        known = labels.abs().sum(1).clamp(min=1)
        match = (self.evidence(h).float() * labels).sum(1) / known
        return self.realness(h).float() + match[:, None, None, None]
