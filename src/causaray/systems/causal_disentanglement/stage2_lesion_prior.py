"""System 1 with true groups, stage 2: the diffusion model of where a finding lies, p(s | request, z, anatomy).

s is the share of the finding that is asked for, one of the pathology maps. The model sees the patient - identity
channels, the maps of all findings, and the coordinates of the chest - so that a finding falls into this chest. Only
what is to come is guessed: what is to go is known from the patient's own maps.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from causaray.diffusion.sampler import multistep
from causaray.diffusion.schedule import diffuse, velocity
from causaray.nets.losses import label_evidence
from causaray.nets.request_denoiser import RequestDenoiser

LATE = 2.5
"""Exponent by which training and sampling keep to noisy times: what and where is decided there, since neighbouring
pixels of a map are alike and show through much noise (Hoogeboom et al. 2023)."""
NOISIEST = 0.995
"""Where sampling starts: at 1 nothing of a map is left to divide by."""
NULL, ALREADY = 0.1, 0.15
"""Shares of the lessons that ask for nothing, and for what is there already."""


@dataclass(frozen=True)
class Lesson:
    """Maps of the patients before (B, n, p, p), and evidence (B, c) of what was asked."""

    patient: Tensor
    evidence: Tensor


def lesson(one: Tensor, two: Tensor, asked: Tensor) -> Lesson:
    """What pairs teach. one, two: all that is known of films without and with the finding, (B, n, p, p).

    asked (B, c): label rows of a request for the finding; NaN is not mentioned. Some films show already what is asked.
    """
    already, nothing = (torch.rand(len(asked), device=asked.device) < share for share in (ALREADY, NULL))
    patient = torch.where(already.view(-1, 1, 1, 1), two, one)
    return Lesson(patient, label_evidence(asked.masked_fill(nothing[:, None], torch.nan)))


def lesion_loss(denoiser: RequestDenoiser, scaled: Tensor, taught: Lesson, weight: Tensor) -> Tensor:
    """L_G = E w ||v - v_theta(s_t, t, z, e)||^2 for shares `scaled` (B, 1, p, p) to about unit deviation.

    weight (B,): of each finding, so that small ones are not lost beside those that fill a lung.
    """
    noise, t = torch.randn_like(scaled), 1 - torch.rand(len(scaled), device=scaled.device) ** LATE
    made = denoiser(diffuse(scaled, noise, t), t, taught.patient, taught.evidence)
    return (weight * (made - velocity(scaled, noise, t)).square().mean((1, 2, 3))).mean()


def late_times(steps: int) -> Tensor:
    """Falling times of so many steps, from all but pure noise to 0, close together at first: (steps + 1,)."""
    return NOISIEST * (1 - torch.linspace(0, 1, steps + 1) ** LATE)


def sampled_lesion(
    denoiser: RequestDenoiser,
    noise: Tensor,
    patient: Tensor,
    asked: Tensor,
    guidance: float,
    steps: int,
    away: Tensor | None = None,
) -> Tensor:
    """Shares (B, 1, p, p), scaled, of what label rows (1, c) ask for in patients (B, n, p, p), from noise.

    `guidance` beyond 1 leads away from label rows `away` (1, c), or from asking for nothing (Ho & Salimans 2022);
    `steps` calls of the denoiser, which sees each patient twice where it is guided.
    """
    away = torch.full_like(asked, torch.nan) if away is None else away
    noise, n = noise.expand(len(patient), -1, -1, -1), len(patient)
    toward, aside = (label_evidence(rows).expand(n, -1) for rows in (asked, away))
    both, patients = torch.cat([toward, aside]), torch.cat([patient, patient])

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        if guidance == 1.0:
            return denoiser(z, t, patient, toward)
        v, base = denoiser(torch.cat([z, z]), torch.cat([t, t]), patients, both).chunk(2)
        return base + guidance * (v - base)

    return multistep(denoise, noise, late_times(steps))
