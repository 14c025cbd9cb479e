"""DeCoDEx as an editor: what would the classifier have to see to say otherwise, the artifact left alone?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.editors.conditions import asked_labels, check_asked
from causaray.editors.edit import Edit, EditRequest
from causaray.editors.protocol import check_options
from causaray.systems.decodex import weights
from causaray.systems.decodex.weights import Config, DecodexNet


@dataclass(frozen=True)
class GuidedEdit(Edit):
    """done (B,), bool: the classifier answers as asked, and the detector as before. tried (B,): pairs of scales."""

    done: Tensor
    tried: Tensor


class DecodexEditor:
    """An editor that is guided by a classifier of one finding, and by a detector of an artifact."""

    method = weights.METHOD
    takes = frozenset({"mask", "steps"})
    adds_only = False

    def __init__(self, net: DecodexNet, config: Config, digest: str = "unsaved") -> None:
        self.net, self.config, self.digest = net.eval().requires_grad_(False), config, digest
        self.name = self.weights = config.name
        self.names, self.size = config.names, config.shape.size

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "DecodexEditor":
        """Read a weights folder. Raises BadInput when it is not one of this method."""
        net, config = weights.load(Path(folder), device)
        return cls(net, config, weightfiles.digest(folder))

    def save(self, folder: Path, **about: Any) -> None:
        """Write the weights, and in config.json whatever `about` says of the training."""
        weights.save(self.net, self.config, folder, **about)

    def reconstruct(self, images: Tensor) -> Tensor:
        """The images themselves: an edit adds a change to them."""
        return images.clone()

    def edit(self, images: Tensor, request: EditRequest) -> GuidedEdit:
        """What becomes of images (B, 1, S, S) in [0, 1] under a request; strength 0 gives them back bit for bit.

        So does a request for what the classifier says already. strength: how noisy the chain begins.
        Raises BadInput for a finding that it does not know, and for a strength outside [0, 1].
        """
        check_options(self, request)
        check_asked(request.findings, request.strength, self.names, self.name)
        if request.strength == 0:
            none = torch.zeros(len(images), dtype=torch.long)
            return GuidedEdit(images.clone(), images.clone(), none.bool(), none)
        place = self.net.space.gaussian.mu.device
        x = images.to(place)
        target = asked_labels(list(request.findings), self.names)[0].expand(len(x)).to(place)
        made = self.net.maker(self.config, request.strength, request.steps).make(x, target, request.seeds(len(x)))
        return GuidedEdit(
            images.clone(), request.confined(made.images.to(images), images), made.done.cpu(), made.tried.cpu()
        )
