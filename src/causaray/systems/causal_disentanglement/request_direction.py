"""What a request asks of the pathology prior: where to, away from what, and so in which direction."""

import torch
from torch import Tensor

from causaray.diffusion.sampler import Denoiser, guided, multistep
from causaray.diffusion.schedule import diffuse, times
from causaray.editors.conditions import SEVERITY
from causaray.nets.denoiser import MapDenoiser, TextEncoder
from causaray.nets.losses import label_evidence

NOISIEST = 0.99
"""Where denoising starts at full strength: at 1 nothing of a map is left to divide by."""


def condition(denoiser: MapDenoiser, rows: Tensor) -> Tensor:
    """What a denoiser is told of label rows (B, n), or of rows of word numbers if it reads text; NaN is nothing."""
    return rows.nan_to_num(0) if isinstance(denoiser.findings, TextEncoder) else label_evidence(rows)


def conditioned(denoiser: MapDenoiser, asked: Tensor) -> Denoiser:
    """The denoiser told of rows (1 or B, n): labels (0 absent, up to 1 present, NaN not mentioned), or words."""
    evidence = condition(denoiser, asked)
    return lambda z, t: denoiser(z, t, evidence.expand(z.shape[0], -1))


def opposite(asked: Tensor, graded: bool) -> Tensor:
    """The reverse of label rows: what is present becomes absent, what is absent present (moderately, if graded)."""
    present = SEVERITY["moderate"] if graded else 1.0
    return torch.where(asked > 0, 0.0, present).where(~asked.isnan(), torch.nan)


def toward(denoiser: MapDenoiser, asked: Tensor, away: Tensor, guidance: float) -> Denoiser:
    """Guidance toward a request and away from another, its opposite: the sharpest question the model can be asked."""
    return guided(conditioned(denoiser, asked), conditioned(denoiser, away), guidance)


def start_time(strength: float) -> float:
    """strength^(1/8), the time a map is noised to: it is a weak signal, below 0.8 nothing of it is forgotten."""
    return min(strength**0.125, NOISIEST)


def noised(z: Tensor, noise: Tensor, start: float) -> Tensor:
    """Maps z (B, 1, p, p) at time `start`, with noise (1 or B, 1, p, p)."""
    return diffuse(z, noise.expand_as(z), torch.full((z.shape[0],), start, device=z.device))


def request_direction(
    denoiser: MapDenoiser,
    z: Tensor,
    asked: Tensor,
    noise: Tensor,
    *,
    strength: float,
    guidance: float,
    steps: int,
    away: Tensor,
) -> Tensor:
    """How requests, label rows (1 or B, n), move standardised pathology maps z (B, 1, p, p), guided away from others.

    z is noised to time `start_time` and denoised twice with the same noise, under the request and under nothing. The
    difference is what the request itself changes. `steps` calls of the denoiser, each on three maps for one.
    """
    start = start_time(strength)
    noisy = noised(z, noise, start)
    denoise = side_by_side(denoiser, asked.expand(len(z), -1), away.expand(len(z), -1), guidance)
    both = multistep(denoise, noisy.repeat(2, 1, 1, 1), times(start, steps))
    there, neutral = both.chunk(2)
    return there - neutral


def side_by_side(denoiser: MapDenoiser, asked: Tensor, away: Tensor, guidance: float) -> Denoiser:
    """The denoiser of maps (2B, 1, p, p) of which the first half is under requests (B, n), the second under nothing.

    The first half is guided away from label rows `away` (B, n). One call of the network for all.
    """
    nothing_asked = torch.full_like(asked, torch.nan)
    evidence = condition(denoiser, torch.cat([asked, away, nothing_asked]))

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        there, neutral = z.chunk(2)
        v = denoiser(torch.cat([there, there, neutral]), t[:1].expand(len(evidence)), evidence)
        wanted, unwanted, nothing = v.chunk(3)
        return torch.cat([unwanted + guidance * (wanted - unwanted), nothing])

    return denoise
