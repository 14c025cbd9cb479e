"""The classifier as an editor: an image is inverted under the class that it is, and denoised under the other."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from causaray import weightfiles
from causaray.diffusion.inversion import invert_ddim
from causaray.diffusion.sampler import Denoiser, ddim, guided
from causaray.editors.conditions import asked_labels, check_asked
from causaray.editors.edit import Edit, EditRequest
from causaray.editors.protocol import check_options
from causaray.systems.diffusion_classifier import weights
from causaray.systems.diffusion_classifier.denoiser import ClassDenoiser
from causaray.systems.diffusion_classifier.weights import Config

NOISIEST = 0.98
"""The network's time, above which nothing of an image is left to start from."""


class DiffusionClassifierEditor:
    """A diffusion classifier that edits.

    The counterfactual is the image with the difference of its two denoisings, under the classes asked for and under
    their opposites, from the same inverted latent: the paper's explanation map. What neither class changes stays.
    """

    method = weights.METHOD
    takes = frozenset({"mask", "guidance", "steps"})
    adds_only = False

    def __init__(self, net: ClassDenoiser, config: Config, digest: str = "unsaved") -> None:
        self.net, self.config, self.digest = net.eval().requires_grad_(False), config, digest
        self.name = self.weights = config.name
        self.names, self.size = config.names, config.shape.size

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "DiffusionClassifierEditor":
        """Read a weights folder. Raises BadInput when it is not one of this method."""
        net, config = weights.load(Path(folder), device)
        return cls(net, config, weightfiles.digest(folder))

    def save(self, folder: Path, **about: Any) -> None:
        """Write the weights, and in config.json whatever `about` says of the training."""
        weights.save(self.net, self.config, folder, **about)

    @property
    def denoiser(self) -> nn.Module:
        """What is called again and again in an edit."""
        return self.net

    def reconstruct(self, images: Tensor) -> Tensor:
        """The images themselves: wavelets lose nothing."""
        return images.clone()

    @torch.no_grad()
    def edit(self, images: Tensor, request: EditRequest) -> Edit:
        """What becomes of images (B, 1, S, S) in [0, 1] under a request; strength 0 gives them back bit for bit.

        strength: the network's time, at which the denoising begins; the paper's is 0.5. guidance: away from the
        opposites, where the paper guides away from the null class. No noise is drawn, so that the seed changes nothing.
        Raises BadInput for a finding that it does not know, and for a strength outside [0, 1].
        """
        check_options(self, request)
        check_asked(request.findings, request.strength, self.names, self.name)
        if request.strength == 0:
            return Edit(images.clone(), images.clone())
        wanted = 2 * asked_labels(list(request.findings), self.names) - 1
        target, source = self._under(wanted), self._under(-wanted)
        scale = self.config.guidance if request.guidance is None else request.guidance
        start = float(self.net.clock.time(torch.tensor(NOISIEST * request.strength)))
        times = self.net.clock.times(start, request.steps or self.config.steps)
        path, _ = invert_ddim(source, self.net.encode(images), times)
        factual, other = (ddim(rule, path.start, times) for rule in (source, guided(target, source, scale)))
        change = (self.net.decode(other) - self.net.decode(factual)).to(images)
        made = (images + change).clamp(0, 1)
        return Edit(self.net.decode(factual).clamp(0, 1).to(images), request.confined(made, images))

    def _under(self, label: Tensor) -> Denoiser:
        label = label.to(self.net.device)
        return lambda z, t: self.net(z, t, label)
