"""Weights folders of DeCoDEx."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn

from causaray.editors.saved import load_weights, save_weights
from causaray.systems.decodex.chain import Chain, Estimate
from causaray.systems.decodex.counterfactuals import Maker, Nested
from causaray.systems.decodex.guides import Guides
from causaray.systems.decodex.space import GaussianSpace

METHOD = "decodex"


@dataclass(frozen=True)
class Shape:
    """size: side of the images in pixels. axes: of their Gaussian. look: side of what the guides look at."""

    size: int = 64
    axes: int = 256
    look: int = 32


@dataclass(frozen=True)
class Config:
    """Everything but the numbers. names: its one finding. start: time that an edit of strength 1 begins at."""

    name: str
    names: tuple[str, ...]
    artifact: str
    shape: Shape
    scales: Nested
    start: float
    steps: int
    estimate: Estimate
    guidance: None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Config":
        """Of config.json. Raises KeyError or TypeError for what is none."""
        said = values["scales"]
        scales = Nested(tuple(said["classifier"]), tuple(said["detector"]), said["l1"], said["perceptual"])
        return cls(
            values["name"], tuple(values["names"]), values["artifact"], Shape(**values["shape"]), scales,
            values["start"], values["steps"], values["estimate"],
        )  # fmt: skip


class DecodexNet(nn.Module):
    """The diffusion model, and what guides it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.space, self.guides = GaussianSpace(shape.size, shape.axes), Guides(shape.look)

    def maker(self, config: Config, strength: float = 1.0, steps: int | None = None) -> Maker:
        """What makes counterfactuals with it, as a configuration says; strength: share of its start."""
        chain = Chain(self.space, config.start * strength, steps or config.steps, config.estimate)
        guides = self.guides
        return Maker(chain, config.scales, guides.finding, guides.artifact, guides.features)


def save(net: DecodexNet, config: Config, folder: Path, **about: Any) -> None:
    """Write the weights, and in config.json whatever `about` says of the training."""
    save_weights(net, {"method": METHOD, **asdict(config), **about}, folder)


def load(folder: Path, device: str = "cpu") -> tuple[DecodexNet, Config]:
    """Net and configuration of a weights folder. Raises BadInput when it is not one of this method."""
    net, values = load_weights(folder, METHOD, lambda values: DecodexNet(Config.from_dict(values).shape))
    return net.eval().requires_grad_(False).to(device), Config.from_dict(values)
