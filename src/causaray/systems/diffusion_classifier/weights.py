"""Weights folders of diffusion classifiers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from causaray.editors.saved import load_weights, save_weights
from causaray.systems.diffusion_classifier.classifier import DiffusionClassifier, ReadOut
from causaray.systems.diffusion_classifier.denoiser import ClassDenoiser, Shape

METHOD = "diffusion-classifier"


@dataclass(frozen=True)
class Config:
    """Everything but the numbers. names: findings; guidance, steps: of an edit."""

    name: str
    names: tuple[str, ...]
    shape: Shape
    read_out: ReadOut
    guidance: float = 2.0
    steps: int = 20

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Config":
        """Of config.json. Raises KeyError or TypeError for what is none."""
        return cls(
            values["name"], tuple(values["names"]), Shape(**values["shape"]),
            ReadOut.from_dict(values["read_out"]), values["guidance"], values["steps"],
        )  # fmt: skip


def save(net: ClassDenoiser, config: Config, folder: Path, **about: Any) -> None:
    """Write the weights, and in config.json whatever `about` says of the training."""
    save_weights(net, {"method": METHOD, **asdict(config), **about}, folder)


def load(folder: Path, device: str = "cpu") -> tuple[ClassDenoiser, Config]:
    """Net and configuration of a weights folder. Raises BadInput when it is not one of this method."""

    def build(values: dict[str, Any]) -> ClassDenoiser:
        config = Config.from_dict(values)
        return ClassDenoiser(config.shape)

    net, values = load_weights(folder, METHOD, build)
    return net.eval().requires_grad_(False).to(device), Config.from_dict(values)


def load_classifier(folder: Path, device: str = "cpu") -> DiffusionClassifier:
    """The classifier in a weights folder. Raises BadInput as `load`."""
    net, config = load(folder, device)
    return DiffusionClassifier(net, config.names, config.read_out)
