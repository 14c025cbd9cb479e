"""An adversary that reads findings from the identity channels, where there should be none to read."""

from torch import Tensor, nn

from causaray.nets.blocks import ResBlock, downsample, group_norm


class LeakProbe(nn.Module):
    """Identity channels (B, n-1, h, w) -> logits (B, findings)."""

    def __init__(self, channels: int, n_findings: int, width: int = 32) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1), ResBlock(width),
            downsample(width, 2 * width), ResBlock(2 * width), group_norm(2 * width), nn.SiLU(),
            nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(32 * width, n_findings),
        )  # fmt: skip

    def forward(self, identity: Tensor) -> Tensor:
        return self.net(identity).float()
