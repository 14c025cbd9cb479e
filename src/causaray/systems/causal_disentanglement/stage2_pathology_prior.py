"""System 1, stage 2: the text-conditioned diffusion model of the pathology channel alone (arXiv 2504.14450, L_G)."""

import torch
from torch import Tensor

from causaray.diffusion.schedule import diffuse, velocity
from causaray.nets.denoiser import MapDenoiser


def drop_conditions(evidence: Tensor, null: float = 0.15) -> Tensor:
    """Condition dropout: each image keeps a random share of what is known of it, and with probability `null` nothing.

    So a prompt that names one finding is as familiar to the model as a complete label row.
    """
    share, named = torch.rand(2, evidence.shape[0], 1, device=evidence.device)
    keep = share * (named >= null)
    return evidence * (torch.rand_like(evidence) < keep)


def diffusion_loss(denoiser: MapDenoiser, pathology: Tensor, evidence: Tensor) -> Tensor:
    """L_G = E ||v - v_theta(z_t^n, t, e_t)||^2 for standardised pathology maps (B, 1, p, p) and evidence (B, n)."""
    noise = torch.randn_like(pathology)
    t = torch.rand(pathology.shape[0], device=pathology.device)
    predicted = denoiser(diffuse(pathology, noise, t), t, evidence)
    return (predicted - velocity(pathology, noise, t)).square().mean()
