"""Where findings lie in films, to the pixel, before an edit and after: the maps that the decoder of edits is told."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.nets.autoencoder import CausalAutoencoder

LITTLE = 0.02
"""A map that grows by no more than this anywhere has no finding to come."""
NOTHING = 1e-6


@dataclass(frozen=True)
class FineMaps:
    """Films (B, 1, fS, fS) in [0, 1], the coordinates of their chests (B, 10, h, w), and the share of each finding in
    each place, maps (B, m, S, S) in [0, 1]."""

    films: Tensor
    place: Tensor
    maps: Tensor

    @classmethod
    def read(cls, autoencoder: CausalAutoencoder, films: Tensor, place: Tensor, z: Tensor) -> "FineMaps":
        """Of films whose coarse maps are z (B, m, p, p)."""
        return cls(films, place, autoencoder.refine(films, place, z, films.new_zeros(z.shape[:2])))

    def after(self, autoencoder: CausalAutoencoder, z: Tensor, move: Tensor) -> Tensor:
        """The fine maps (B, m, S, S) after z was moved by `move` (B, m, p, p).

        What goes fades where it was; what comes is made fine on this chest, and what is there already stays.
        """
        coming = move.amax((2, 3)) > LITTLE
        left = torch.where(move < 0, ((z + move) / z.clamp(min=NOTHING)).clamp(0, 1), 1.0)
        stays = self.maps * F.interpolate(left, self.maps.shape[-2:], mode="bilinear", align_corners=False)
        if not bool(coming.any()):
            return stays
        made = autoencoder.refine(self.films, self.place, z + move, coming.float())
        return torch.where(coming[:, :, None, None], stays.maximum(made), stays)
