"""Counterfactual training of a conditional VAE, after its ELBO (De Sousa Ribeiro et al. 2023, arXiv 2306.15764).

A VAE that reconstructs well may leave the findings it is told unheard. So predictors of the findings look at its
counterfactuals: min over the VAE, max over lambda >= 0, of

    - log q(asked | counterfactual) + lambda (FE / c - 1)

where FE is the negative ELBO and c what it was before: obedience may cost next to nothing of the likelihood.
"""

import torch
from torch import Tensor, nn

from causaray.cohorts.batches import Batch
from causaray.methods.causal_disentanglement import glimpse
from causaray.methods.conditional_vae import negative_elbo
from causaray.methods.losses import label_evidence
from causaray.methods.request_supervision import answered, requests
from causaray.methods.residual import carry_over
from causaray.nets.guide import Guide
from causaray.nets.ladder import Ladder

SLACK = 1.05
"""c is so much more than the free energy before: no training reaches its own minimum again on other batches."""
FIRST, RATE = 1.0, 0.01
"""lambda at first, and how fast it rises."""


class CounterfactualTraining(nn.Module):
    """The two losses of a batch. `guide` is frozen and plays the predictors; a finding has `sides` columns.

    Each patient is asked for what the donor has, one finding at a time, as in stage 3 of system 1, and edited as
    `VariationalEditor.edit` does.
    """

    def __init__(self, ladder: Ladder, guide: Guide, sides: int) -> None:
        super().__init__()
        self.ladder, self.guide, self.sides = ladder, guide.eval().requires_grad_(False), sides

    def free_energy(self, images: Tensor, evidence: Tensor) -> Tensor:
        """FE at the scale of `negative_elbo`."""
        return torch.stack(list(negative_elbo(self.ladder, images, evidence).values())).sum()

    def obedience(self, batch: Batch) -> Tensor:
        """- log q(asked | counterfactual), and of findings not asked for that they are read as before."""
        asked = requests(batch.labels, batch.labels[batch.donor], self.sides)
        nothing = torch.zeros_like(batch.labels)
        before, noise = self.ladder.abduct(batch.images, nothing)
        after = self.ladder.predict(noise, label_evidence(asked))
        made = carry_over(batch.images, after - before)
        seen, own = self.guide(glimpse(torch.cat([made, batch.images]))).chunk(2)
        return answered(seen, own, own[batch.donor], asked, self.sides)


class Multiplier(nn.Module):
    """lambda: it rises while the free energy is above `limit`, and falls to 0 at the least."""

    limit: Tensor
    value: Tensor

    def __init__(self, limit: float) -> None:
        super().__init__()
        self.register_buffer("limit", torch.tensor(limit))
        self.register_buffer("value", torch.tensor(FIRST))

    def excess(self, energy: Tensor) -> Tensor:
        """lambda (FE / c - 1); lambda moves along."""
        over = energy / self.limit - 1
        self.value += RATE * over.detach()
        self.value.clamp_(min=0)
        return self.value.clone() * over
