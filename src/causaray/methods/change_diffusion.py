"""System 1 with true groups, stage 2: the diffusion model of what a request changes, p(z_n' - z_n | request, z).

It sees the patient, identity and pathology, so that a finding falls into this chest and what is there already stays. It
learns from pairs what adding and removing change, and that a request for what is there already changes nothing.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from causaray.diffusion.sampler import Denoiser, guided, multistep
from causaray.diffusion.schedule import diffuse, velocity
from causaray.methods.losses import label_evidence
from causaray.nets.change_denoiser import ChangeDenoiser

LATE = 2.5
"""Exponent by which training and sampling keep to noisy times: what and where is decided there, since neighbouring
pixels of a map are alike and show through much noise (Hoogeboom et al. 2023)."""
NOISIEST = 0.995
"""Where sampling starts: at 1 nothing of a change is left to divide by."""
NULL, ALREADY = 0.1, 0.15
"""Shares of the lessons that ask for nothing, and for what is so already: both change nothing."""


@dataclass(frozen=True)
class Lesson:
    """Changes (B, k, p, p), the patients' channels before (B, n, p, p), and evidence (B, c) of what was asked."""

    change: Tensor
    patient: Tensor
    evidence: Tensor


def lesson(one: tuple[Tensor, Tensor], two: tuple[Tensor, Tensor], asked: Tensor, gone: Tensor) -> Lesson:
    """What pairs teach, each in one direction by lot.

    one, two: identity channels and standardised pathology maps of films without and with the finding. asked, gone
    (B, c): label rows of a request for the finding, and for its absence; NaN is not mentioned.
    """
    n, place = len(asked), asked.device
    adding, already, nothing = (torch.rand(n, device=place) < share for share in (0.6, ALREADY, NULL))
    start = adding ^ already  # where it is so already, what is asked for is where one starts
    pick = start.view(-1, 1, 1, 1)
    z_id, z_n = (torch.where(pick, a, b) for a, b in zip(one, two, strict=True))
    change = torch.where(
        (already | nothing).view(-1, 1, 1, 1), 0.0, torch.where(pick, two[1] - one[1], one[1] - two[1])
    )
    rows = torch.where(adding[:, None], asked, gone).masked_fill(nothing[:, None], torch.nan)
    return Lesson(change, torch.cat([z_id, z_n], 1), label_evidence(rows))


def change_loss(denoiser: ChangeDenoiser, scaled: Tensor, taught: Lesson) -> Tensor:
    """L_G = E ||v - v_theta(d_t, t, z, e)||^2 for changes d = `scaled` (B, k, p, p) of about unit deviation."""
    noise, t = torch.randn_like(scaled), 1 - torch.rand(len(scaled), device=scaled.device) ** LATE
    made = denoiser(diffuse(scaled, noise, t), t, taught.patient, taught.evidence)
    return (made - velocity(scaled, noise, t)).square().mean()


def late_times(steps: int) -> Tensor:
    """Falling times of so many steps, from all but pure noise to 0, close together at first: (steps + 1,)."""
    return NOISIEST * (1 - torch.linspace(0, 1, steps + 1) ** LATE)


def sampled_change(
    denoiser: ChangeDenoiser,
    noise: Tensor,
    patient: Tensor,
    asked: Tensor,
    guidance: float,
    steps: int,
    away: Tensor | None = None,
) -> Tensor:
    """Changes (B, k, p, p), scaled, that label rows (1, c) make to patients' channels (B, n, p, p), from noise.

    `guidance` beyond 1 leads away from label rows `away` (1, c), or from asking for nothing. `steps` calls of the
    denoiser, twice where it is guided.
    """
    away = torch.full_like(asked, torch.nan) if away is None else away
    noise = noise.expand(len(patient), -1, -1, -1)

    def under(rows: Tensor) -> Denoiser:
        evidence = label_evidence(rows).expand(len(patient), -1)
        return lambda z, t: denoiser(z, t, patient, evidence)

    denoise = guided(under(asked), under(away), guidance)
    return multistep(denoise, noise, late_times(steps))
