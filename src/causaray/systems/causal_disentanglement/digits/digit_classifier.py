"""The judge of digits: a plain convolutional net, of another family than the guide and never shown to an editor."""

from torch import Tensor, nn


class DigitClassifier(nn.Module):
    """Images (B, 1, 32, 32) in [0, 1] -> logits (B, 10)."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inner, outer in ((1, width), (width, 2 * width), (2 * width, 4 * width)):
            layers += [nn.Conv2d(inner, outer, 3, padding=1), nn.BatchNorm2d(outer), nn.ReLU(), nn.MaxPool2d(2)]
        self.net = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.4), nn.Linear(4 * width * 16, 10))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x).float()
