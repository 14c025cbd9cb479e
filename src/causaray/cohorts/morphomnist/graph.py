"""The causal graph of MorphoMNIST: thickness -> intensity; {thickness, intensity, digit} -> image.

Castro et al. 2019 (arXiv 1809.10780) draw the digits, Pawlowski et al. 2020 (DeepSCM, arXiv 2006.06485) the graph. The
one mechanism that is known is i = 64 + 191 sigmoid(2 (t - 2.5) + 0.5 e), e ~ N(0, 1), with t the stroke thickness in
pixels and i the grey level of the stroke: invertible in e, so abduction is exact.
"""

import torch
from torch import Tensor

PARENTS: dict[str, tuple[str, ...]] = {
    "thickness": (),
    "digit": (),
    "intensity": ("thickness",),
    "image": ("thickness", "intensity", "digit"),
}
DARKEST, SPAN, SLOPE, MIDDLE, SCALE = 64.0, 191.0, 2.0, 2.5, 0.5


def intensity_of(thickness: Tensor, noise: Tensor) -> Tensor:
    """Intensity in (64, 255) of strokes `thickness` px wide under exogenous noise e; any one shape."""
    location = SLOPE * (thickness.double() - MIDDLE)
    return (DARKEST + SPAN * torch.sigmoid(location + SCALE * noise.double())).to(thickness.dtype)


def intensity_noise(thickness: Tensor, intensity: Tensor) -> Tensor:
    """e of an observed pair: the inverse of `intensity_of`, in double precision; intensity is held within (64, 255)."""
    share = ((intensity.double() - DARKEST) / SPAN).clamp(1e-6, 1 - 1e-6)
    return (torch.logit(share) - SLOPE * (thickness.double() - MIDDLE)) / SCALE
