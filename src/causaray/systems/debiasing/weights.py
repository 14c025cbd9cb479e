"""Weights folders of a debiased classifier and its generator."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from causaray.classifiers.backbones import backbone
from causaray.classifiers.calibration import Calibrated
from causaray.editors.saved import load_weights, save_weights
from causaray.systems.debiasing.generator import CounterfactualGenerator
from causaray.systems.debiasing.joint import Pair

METHOD = "debiasing"


@dataclass(frozen=True)
class Shape:
    """Side of the images in pixels, the net that looks, and the channels of the generator."""

    size: int
    backbone: str
    widths: tuple[int, ...]


@dataclass(frozen=True)
class Config:
    """Everything but the numbers. names: the one finding; guidance: None, there is nothing to guide."""

    name: str
    names: tuple[str, ...]
    shape: Shape
    guidance: None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Config":
        """Of config.json. Raises KeyError or TypeError for what is none."""
        shape = Shape(**{**values["shape"], "widths": tuple(values["shape"]["widths"])})
        return cls(values["name"], tuple(values["names"]), shape)


def untrained(shape: Shape) -> Pair:
    """The pair of a shape before its training. Raises BadInput for a backbone that cannot be built."""
    classifier = Calibrated(backbone(shape.backbone, 1, shape.size), 1)
    return Pair(classifier, CounterfactualGenerator(shape.widths))


def save(pair: Pair, config: Config, folder: Path, **about: Any) -> None:
    """Write the weights, and in config.json whatever `about` says of the training."""
    save_weights(pair, {"method": METHOD, **asdict(config), "size": config.shape.size, **about}, folder)


def load(folder: Path, device: str = "cpu") -> tuple[Pair, Config]:
    """Pair and configuration of a weights folder. Raises BadInput when it is not one of this method."""
    pair, values = load_weights(folder, METHOD, lambda values: untrained(Config.from_dict(values).shape))
    return pair.eval().requires_grad_(False).to(device), Config.from_dict(values)
