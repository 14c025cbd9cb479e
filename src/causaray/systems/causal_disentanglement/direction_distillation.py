"""One call in place of many: a student learns where the denoisings of a request end (system 1, few steps).

A request's direction is a difference of two denoisings that start at one noised map, so it is a function of that map,
the time it was noised to and the request. The student has seen where many such pairs of trajectories end and goes
there at
once: knowledge distillation of a deterministic sampler (Luhman & Luhman 2021), guidance included (Meng et al. 2023).
"""

import torch
from torch import Tensor

from causaray.editors.conditions import SEVERITY
from causaray.nets.denoiser import MapDenoiser
from causaray.nets.losses import label_evidence
from causaray.vocabulary import PATIENT_SIDES

MOST = 3
"""Most findings that a request of the lessons names."""


def student_direction(student: MapDenoiser, noisy: Tensor, start: Tensor, asked: Tensor) -> Tensor:
    """Where requests, label rows (B, n), move maps noised to times `start` (B,): (B, 1, p, p), in one call."""
    return student(noisy, start, label_evidence(asked))


def distillation_loss(
    student: MapDenoiser, noisy: Tensor, start: Tensor, asked: Tensor, direction: Tensor, scale: Tensor
) -> Tensor:
    """Mean squared error of the student's directions, in units of their mean square `scale`."""
    return (student_direction(student, noisy, start, asked) - direction).square().mean() / scale


def lesson_requests(n: int, names: int, graded: bool, generator: torch.Generator) -> Tensor:
    """n random requests as label rows (n, names), or (n, names * sides) where graded: NaN where nothing is asked.

    Half name one finding, the others up to MOST; each present or absent alike; where graded, at a severity that a word
    means, on either side or on both.
    """
    sides = len(PATIENT_SIDES) if graded else 1
    count = torch.where(
        torch.rand(n, generator=generator) < 0.5, 1, torch.randint(2, MOST + 1, (n,), generator=generator)
    ).clamp(max=names)
    rank = torch.rand(n, names, generator=generator).argsort(1).argsort(1)
    named = (rank < count[:, None])[:, :, None].expand(-1, -1, sides)
    present = torch.rand(n, names, 1, generator=generator) < 0.5
    words = torch.tensor(sorted(set(SEVERITY.values()))) if graded else torch.ones(1)
    severity = words[torch.randint(len(words), (n, names, 1), generator=generator)]
    asked = torch.where(present, severity, 0.0).expand(-1, -1, sides)
    if graded:
        only = torch.randint(sides + 1, (n, names, 1), generator=generator)
        named = named & ((only == sides) | (only == torch.arange(sides)))
    return asked.masked_fill(~named, torch.nan).flatten(1)
