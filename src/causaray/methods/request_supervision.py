"""System 1, stage 3, beyond the paper: T and D learn to draw what is asked of them.

Stage 1 swaps the pathology map of one patient for that of another; an edit moves it along the direction that the prior
gives a request, and further than a donor would. Here the decoder sees such moves, under the losses of stage 1. The
encoder stays as it is, and with it the prior.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from causaray.cohorts.batches import Batch
from causaray.methods.causal_disentanglement import GroupSupervision, Swap, glimpse
from causaray.methods.losses import masked_bce
from causaray.nets.guide import blur

Direction = Callable[[Tensor, Tensor], Tensor]
LEAST = 0.3
"""The shortest way, as a share of a direction, that a request is followed."""
STAY = 0.05
"""Weight of the guide's other logits, which a request is to leave where they were."""


class RequestSupervision(GroupSupervision):
    """Group supervision with requests in place of donors' maps.

    A patient is asked for a finding in which the donor differs, as the donor has it: requests are as frequent as
    findings, and the critic compares with photographs that answer the same request. `direction` gives the moves of
    pathology maps (B, 1, p, p) under label rows (B, n), as an edit takes them.
    """

    def ask(self, direction: Direction, reach: float, finest: float, sides: int) -> "RequestSupervision":
        """Name where requests lead, how far they are followed at most, the blur of an edit's change in pixels, and how
        many columns a finding has (two where sides are learned)."""
        self.direction, self.reach, self.finest, self.sides = direction, reach, finest, sides
        self.model.requires_grad_(True)
        self.model.encoder.requires_grad_(False)
        return self

    def reconstruct(self, batch: Batch) -> tuple[dict[str, Tensor], Swap]:
        """The reconstruction losses with the channels that an edit starts from: the means, and a frozen encoder."""
        with torch.no_grad():
            identity, pathology = (posterior.mean for posterior in self.model.encode(batch.images))
        x = self.model.decode(identity, pathology)
        losses = {"pixel": self.pixel(x, batch.images)} | self.similarity(x, batch.images)
        return losses, Swap(batch.images, x, batch.images, identity, pathology, batch.labels)

    def swap(self, parts: Swap, donor: Tensor) -> Swap:
        """The images edited under one request each; labels are NaN but for what was asked."""
        asked = requests(parts.labels, parts.labels[donor], self.sides)
        amount = torch.empty(len(asked), 1, 1, 1, device=asked.device).uniform_(LEAST, self.reach)
        moved = parts.pathology + amount * self.direction(parts.pathology, asked)
        change = blur(self.model.decode(parts.identity, moved) - parts.reconstruction.detach(), self.finest)
        edited = parts.images + change
        return Swap(parts.images, parts.reconstruction, edited, parts.identity, moved, asked)

    def pathology_loss(self, swap: Swap, batch: Batch) -> Tensor:
        """L_PC: the guide sees what was asked, and of all else what it saw before."""
        seen, before = glimpse(torch.cat([swap.swapped, swap.images])).chunk(2)
        with torch.no_grad():
            was = self.guide(before)[1]
        logits = self.guide(seen)[1]
        told = torch.stack([masked_bce(view, swap.labels) for view in logits.unbind(1)]).mean()
        others = swap.labels.isnan()[:, None].expand_as(logits)
        return told + STAY * (logits - was)[others].square().mean()


def requests(own: Tensor, donor: Tensor, sides: int) -> Tensor:
    """One request for each row of labels (B, findings * sides): a finding as the donor has it, all else NaN.

    Where patient and donor differ one of those findings is drawn; else one that is known of the donor. Half of the
    requests for one side say nothing of the other.
    """
    own, donor = (labels.unflatten(1, (-1, sides)) for labels in (own, donor))
    known = ~donor.isnan().any(2)
    differs = known & ~own.isnan().any(2) & (own != donor).any(2)
    choice = torch.where(differs.any(1, keepdim=True), differs, known).float()
    chosen = torch.zeros_like(choice).scatter(1, torch.multinomial(choice, 1), 1.0).bool()
    silent = (donor == 0) & (donor > 0).any(2, keepdim=True) & (torch.rand(len(donor), 1, 1, device=donor.device) < 0.5)
    return donor.masked_fill(~chosen[:, :, None] | silent, torch.nan).flatten(1)
