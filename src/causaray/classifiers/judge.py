"""The judge: which findings does this radiograph show? It measures edited images and is never trained against."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from causaray import weightfiles
from causaray.classifiers.backbones import backbone
from causaray.classifiers.calibration import Calibrated
from causaray.errors import BadInput
from causaray.nets.finding_classifier import Ensemble

SHIPPED = weightfiles.JUDGE


@dataclass(frozen=True, eq=False)
class Judge:
    """A classifier of another family, other patients and other augmentations than whatever guides an edit.

    `names` are the findings it knows, `digest` is the SHA-256 of its weights, in hexadecimal.
    """

    names: tuple[str, ...]
    digest: str
    net: Ensemble | Calibrated

    @classmethod
    def load(cls, folder: Path | str | None = None) -> Self:
        """Read what `causaray train` of a judge or a classifier wrote: a folder, or a shipped name.

        The SHIPPED one when none is named.
        Raises BadInput when the folder holds no judge or its weights and configuration do not belong together.
        """
        folder = weightfiles.find(SHIPPED if folder is None else folder)
        config = weightfiles.config(folder)
        try:
            net = net_of(config)
            net.load_state_dict(load_file(folder / weightfiles.MODEL))
        except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
            raise BadInput(f"{folder} does not hold the weights of a judge; train one, or name another.") from error
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster
        return cls(tuple(config["names"]), weightfiles.digest(folder), net.eval())

    @torch.inference_mode()
    def predict(self, images: Tensor, batch: int = 16) -> Tensor:
        """Probability of each finding of `names`, float32 (B, n), of images (B, 1, H, W) in [0, 1], of any size.

        Calibrated only crudely (a Platt line a finding, fitted where positives are enriched): for ranking and for
        before against after, never as a prevalence. No gradient flows, on purpose.
        Raises BadInput for another shape or range.
        """
        if images.ndim != 4 or images.shape[1] != 1 or images.amin() < 0 or images.amax() > 1:
            low, high = (float(v) for v in torch.aminmax(images))
            raise BadInput(
                f"the judge takes images (B, 1, H, W) from 0 to 1, not {tuple(images.shape)} from {low:g} to {high:g}."
            )
        return torch.cat([self.net(part) for part in images.float().split(batch)])


def net_of(config: Mapping[str, Any]) -> Ensemble | Calibrated:
    """The net, not filled, that the configuration of a judge's weights tells of: one backbone, or an ensemble.

    Raises KeyError, TypeError or ValueError where it does not, and BadInput for a backbone that cannot be built.
    """
    n = len(config["names"])
    if "backbone" in config:
        return Calibrated(backbone(config["backbone"], n, config["size"]), n)
    return Ensemble(n, config["members"], config["size"], config.get("coarse"))
