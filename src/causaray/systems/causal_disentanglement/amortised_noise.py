"""System 1, long-tail optimisation in one call: the `amortised` engine.

A small network proposes the noise that an optimisation would have found. It is trained on L_P itself, through the edit,
over many patients and findings (as noise hypernetworks are, Eyring et al. 2025), not on what the other engines found:
theirs is one of many good noises, and a mean of good noises is none.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from causaray.editors.saved import load_weights, save_weights
from causaray.errors import BadInput
from causaray.nets.noise_proposal import NoiseProposal
from causaray.systems.causal_disentanglement.seed_optimisation import Best, Objective, Optimised, on_the_shell

METHOD = "noise-proposal"


@dataclass(frozen=True)
class Config:
    """Whose noise it proposes, in whose space, by digest, and the net's geometry."""

    name: str
    editor: str
    encoder: str
    d: int
    size: int
    width: int = 32
    depth: int = 4
    maps: int = 1

    def net(self) -> NoiseProposal:
        """An untrained network of this geometry."""
        return NoiseProposal(self.d, self.size, self.width, self.depth, self.maps)


class Amortised:
    """An `Engine`: one call of the network, kept where it is better than the noise begun with."""

    def __init__(self, net: NoiseProposal, config: Config) -> None:
        self.net, self.config = net.eval().requires_grad_(False), config

    @classmethod
    def load(cls, folder: Path) -> "Amortised":
        """Read a weights folder. Raises BadInput when it is not one of this method."""

        def known(config: dict[str, Any]) -> Config:
            return Config(**{key: config[key] for key in Config.__dataclass_fields__ if key in config})

        net, config = load_weights(folder, METHOD, lambda config: known(config).net())
        return cls(net, known(config))

    def save(self, folder: Path, **about: Any) -> None:
        """Write the weights, and in config.json whatever `about` says of the training."""
        save_weights(self.net, {"method": METHOD, **asdict(self.config), **about}, folder)

    @torch.no_grad()
    def __call__(self, objective: Objective, noise: Tensor) -> Optimised:
        """Better noise for an objective. Raises BadInput for another editor or encoder than it was trained for."""
        encoder = getattr(objective.encoder, "digest", None)
        if (objective.editor.digest, encoder) != (self.config.editor, self.config.encoder):
            raise BadInput(
                f"{self.config.name} proposes noise for other weights, or another encoder; "
                "train one for these with `causaray distill --references`, or take the engine search."
            )
        best = Best(noise)
        best.offer(noise, objective(noise))
        proposed = propose(self.net, objective, noise)
        best.offer(proposed, objective(proposed))
        return best.found()


def propose(net: NoiseProposal, objective: Objective, noise: Tensor) -> Tensor:
    """What the network makes of noise (B, k, p, p), at the length of Gaussian noise."""
    _, z, _ = objective.channels
    return on_the_shell(noise + net(noise, z, objective.centroid))
