"""System 1 on digits at work: counterfactuals under the causal graph, in the two verbs of the public benchmark."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.cohorts.morphomnist.graph import intensity_noise, intensity_of
from causaray.diffusion.sampler import multistep
from causaray.diffusion.schedule import times
from causaray.editors.saved import load_weights, save_weights
from causaray.systems.causal_disentanglement.digits.attribute_autoencoder import AttributeAutoencoder
from causaray.systems.causal_disentanglement.digits.attribute_supervision import carry_over_where_still
from causaray.systems.causal_disentanglement.digits.attributes import COLUMNS, AttributeScale
from causaray.systems.causal_disentanglement.editor import Config, EditorNet

Observation = dict[str, Tensor]
"""thickness (B, 1) in px, intensity (B, 1) in grey levels, digit one-hot (B, 10), image (B, 1, 32, 32) in [0, 1]."""
METHOD = "attributes"
NOISIEST = 0.99


class AttributeNet(EditorNet):
    """The trained parts of system 1 on digits in one module, so that one file holds them."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.autoencoder = AttributeAutoencoder(config.shape, len(COLUMNS))
        self.attribute_scale = AttributeScale()


@dataclass(frozen=True)
class ImageNoise:
    """What is abducted of an image: itself, its identity channels, and what the decoder makes of its own causes."""

    image: Tensor
    reconstruction: Tensor
    identity: Tensor


class AttributeEditor:
    """A trained editor of digits. `encode` is abduction, `decode` action and prediction (Pearl's three steps)."""

    def __init__(self, net: AttributeNet, config: Config, digest: str = "unsaved") -> None:
        self.net, self.config, self.digest = net.eval().requires_grad_(False), config, digest
        self.name, self.size = config.name, config.shape.size

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a weights folder. Raises BadInput when it is not one of this method."""
        net, config = load_weights(folder, METHOD, lambda config: AttributeNet(Config.from_dict(config)))
        return cls(net, Config.from_dict(config), weightfiles.digest(folder))

    def save(self, folder: Path, **about: Any) -> None:
        """Write the weights, and in config.json whatever `about` says of the training."""
        save_weights(self.net, {"method": METHOD, **asdict(self.config), **about}, folder)

    def reconstruct(self, **observation: Tensor) -> Tensor:
        """Images (B, 1, S, S) as the decoder makes them of their identity channels and their own causes."""
        return self._abduct(observation).reconstruction

    def encode(self, **observation: Tensor) -> dict[str, Any]:
        """Exogenous noise of an `Observation`: a root is its own, intensity has e of its mechanism, `ImageNoise`."""
        thickness = observation["thickness"]
        return {
            "thickness": thickness,
            "digit": observation["digit"],
            "intensity": intensity_noise(thickness, observation["intensity"]),
            "image": self._abduct(observation),
        }

    @torch.no_grad()
    def decode(self, interventions: Mapping[str, Tensor] | None = None, **noise: Any) -> Observation:
        """The observation that the same noise gives under `interventions` (variable -> values as in `Observation`).

        What is not intervened on follows from its causes: thickness moves intensity. With no intervention the image
        comes back as it was.
        """
        made: Observation = {"thickness": noise["thickness"], "digit": noise["digit"], **(interventions or {})}
        made.setdefault("intensity", intensity_of(made["thickness"], noise["intensity"]))
        if "image" not in made:
            made["image"] = self._predict(noise["image"], made)
        return made

    @torch.no_grad()
    def _abduct(self, observation: Observation) -> ImageNoise:
        image = observation["image"]
        identity = self.net.autoencoder.encode(image)[0].mean
        return ImageNoise(image, self._render(identity, observation), identity)

    def _predict(self, noise: ImageNoise, causes: Observation) -> Tensor:
        changed = self._render(noise.identity, causes)
        return carry_over_where_still(noise.image, noise.reconstruction, changed).clamp(0, 1)

    def _render(self, identity: Tensor, causes: Observation) -> Tensor:
        return self.net.autoencoder.decode(identity, self.expected(self.net.attribute_scale(causes))).clamp(0, 1)

    @torch.no_grad()
    def expected(self, attributes: Tensor) -> Tensor:
        """The attribute maps (B, 1, p, p) that stage 2 makes of rows of attributes (B, 12), from mid-noise."""
        size = self.config.shape.pathology_size
        start = torch.zeros(len(attributes), 1, size, size)
        z = multistep(lambda z, t: self.net.denoiser(z, t, attributes), start, times(NOISIEST, self.config.steps))
        return self.net.pathology_scale.inverse(z)
