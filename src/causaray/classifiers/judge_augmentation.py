"""How a judge sees a radiograph while it learns: otherwise than whatever guides an edit."""

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.nets.guide import blur


def augment(x: Tensor) -> Tensor:
    """What a radiograph may undergo without another finding: pose, exposure, blur, noise. Not mirrored."""
    b = len(x)

    def within(limit: float) -> Tensor:
        return (torch.rand(b) * 2 - 1) * limit

    angle, zoom = within(0.12), within(0.1).exp()
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    move = torch.stack([torch.stack([cos, -sin, within(0.12)], 1), torch.stack([sin, cos, within(0.12)], 1)], 1)
    x = F.grid_sample(x, F.affine_grid(move, list(x.shape), align_corners=False), align_corners=False)
    gamma, contrast, exposure = (v.view(-1, 1, 1, 1) for v in (within(0.25).exp(), within(0.2).exp(), within(0.06)))
    x = x.clamp(1e-4, 1) ** gamma
    mean = x.mean((2, 3), keepdim=True)
    x = (x - mean) * contrast + mean + exposure
    sigmas = torch.rand(b) * 2
    pairs = zip(x.split(1), sigmas.tolist(), strict=True)
    x = torch.cat([blur(one, sigma) if sigma > 0.4 else one for one, sigma in pairs])
    return (x + torch.rand(b, 1, 1, 1) * 0.03 * torch.randn_like(x)).clamp(0, 1)
