"""The generator as an editor: the image as the classifier would have to see it to say the other class."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.editors.conditions import asked_labels, check_asked
from causaray.editors.edit import Edit, EditRequest
from causaray.editors.protocol import check_options
from causaray.systems.debiasing import weights
from causaray.systems.debiasing.joint import Pair
from causaray.systems.debiasing.weights import Config


class DebiasingEditor:
    """A generator of counterfactuals that edits, with the classifier that it was trained through.

    What it draws is what that classifier answers to: with a biased one, the artifact. That is what it is for.
    """

    method = weights.METHOD
    takes = frozenset({"mask"})
    adds_only = False

    def __init__(self, pair: Pair, config: Config, digest: str = "unsaved", device: str = "cpu") -> None:
        self.pair, self.config, self.digest = pair.eval().requires_grad_(False).to(device), config, digest
        self.device = torch.device(device)
        self.name = self.weights = config.name
        self.names, self.size = config.names, config.shape.size

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "DebiasingEditor":
        """Read a weights folder. Raises BadInput when it is not one of this method."""
        pair, config = weights.load(Path(folder), device)
        return cls(pair, config, weightfiles.digest(folder), device)

    def save(self, folder: Path, **about: Any) -> None:
        """Write the weights, and in config.json whatever `about` says of the training."""
        weights.save(self.pair, self.config, folder, **about)

    @torch.no_grad()
    def reconstruct(self, images: Tensor) -> Tensor:
        """What it makes of images when it is asked for the class that the classifier sees in them already."""
        given = images.to(self.device)
        return self.pair.generator(given, self.pair.seen(given)).to(images)

    @torch.no_grad()
    def edit(self, images: Tensor, request: EditRequest) -> Edit:
        """What becomes of images (B, 1, S, S) in [0, 1] under a request, in one pass of the generator.

        Strength 0 gives the images back bit for bit, all others are alike: a class is seen or not. Nothing is drawn by
        lot, so that the seed changes nothing. Raises BadInput for a finding that it does not know, and for a strength
        outside [0, 1].
        """
        check_options(self, request)
        check_asked(request.findings, request.strength, self.names, self.name)
        if request.strength == 0:
            return Edit(images.clone(), images.clone())
        target = asked_labels(list(request.findings), self.names)[:, 0].expand(len(images)).to(self.device)
        made = self.pair.generator(images.to(self.device), target).to(images)
        return Edit(self.reconstruct(images), request.confined(made, images))
