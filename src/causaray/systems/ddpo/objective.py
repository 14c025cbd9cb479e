"""What a policy is improved by: the ratio to the policy that drew a move, its clip, and the distance to the prior."""

import torch
from torch import Tensor

from causaray.systems.ddpo.policy import Move, log_probability


def log_ratio(move: Move, mean: Tensor, deviation: Tensor, normalised: bool) -> Tensor:
    """log rho (B,) = log pi(made | z) - log pi_old(made | z), pi the policy that has `mean` and `deviation` there.

    With made = mu_old + sigma e and d = mu - mu_old it is <e, d> / sigma - |d|^2 / 2 sigma^2: its mean falls as the
    policy moves, and its spread is as large as sigma is small, so that one clip cannot suit all steps, and does not
    hold back good samples. normalised: sigma (log rho + |d|^2 / 2 sigma^2) = <e, d>, of mean 0 and a spread that does
    not depend on sigma (RatioNorm of GRPO-Guard, arXiv 2510.22319).
    """
    plain = log_probability(move.made, mean, deviation) - move.log_probability
    if not normalised:
        return plain
    sigma = deviation.flatten().double()
    moved = (mean.double() - move.mean.double()).square().mean((1, 2, 3))
    return sigma * (plain + moved / (2 * sigma.square()))


def clipped_loss(log_ratio: Tensor, advantage: Tensor, clip: float) -> Tensor:
    """mean max(-A rho, -A clip(rho, 1 - clip, 1 + clip)) of (B,) each (PPO; Schulman et al. 2017, eq. 7)."""
    rho = log_ratio.exp()
    return torch.maximum(-advantage * rho, -advantage * rho.clamp(1 - clip, 1 + clip)).mean()


def divergence(mean: Tensor, reference: Tensor, deviation: Tensor) -> Tensor:
    """KL of N(mean, sigma^2 I) to N(reference, sigma^2 I), the mean over dimensions and over the B rows."""
    return ((mean - reference).square() / (2 * deviation.square())).mean()
