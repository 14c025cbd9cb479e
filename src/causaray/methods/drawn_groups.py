"""System 1 with true groups: stage 1 on pairs of films of one patient without and with a finding.

The paper swaps pathology channels between patients because it has no pairs. Where a finding is drawn on a film, or set
in a phantom, there are: A the film without it, A' the same with it, and B, B' those of another patient with the same
request. What group supervision (Ge et al. 2021) then asks for, with z = (z_id, z_n) and x' as in `residual.carry_kept`:

    (1) z_id(A) = z_id(A')                      what is the patient's is not the finding's
    (2) x'(A; z_id(A), z_n(A')) = A'            adding
    (3) x'(A'; z_id(A'), z_n(A)) = A            removing
    (4) x'(A; z_id(A), z_n(B')) close to A'     the finding alone is swapped, and (3) likewise
    (5) the head reads from z_n where, and how much, each finding is

Beside them stand the paper's own terms on real films under weak labels (`causal_disentanglement`), and the critic.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.methods.causal_disentanglement import GroupSupervision, Swap, hinge
from causaray.methods.losses import label_evidence
from causaray.methods.residual import carry_kept
from causaray.nets.guide import blur

WEIGHT, NEAR = 6.0, 0.02
"""What truly changes counts so much more than what does not, where a finding spreads over `NEAR` of the image side."""
LIKE = 0.03
"""Share of the image side that is blurred away before a film is compared with one that has another patient's lesion."""


@dataclass(frozen=True)
class Groups:
    """Pairs of films of P patients.

    films, drawn (P, 1, S, S) in [0, 1]: without and with the finding; share (P, 1, S, S): the finding's share of each
    pixel; finding (P,): its column; before, after (P, n): labels of both films, NaN unknown; shown (P, n): 1 for the
    columns that read `share` in the film with the finding, 0 for those that are to read nothing, NaN unknown; partner
    (P,): another patient of the same request.
    """

    films: Tensor
    drawn: Tensor
    share: Tensor
    before: Tensor
    after: Tensor
    shown: Tensor
    partner: Tensor


@dataclass(frozen=True)
class GroupWeights:
    """Weights of the losses on true groups."""

    edit: float = 1.0
    gradient: float = 1.0
    like: float = 0.3
    identity: float = 0.1
    share: float = 0.05
    adversarial: float = 0.0


@dataclass(frozen=True)
class Edited:
    """What became of pairs: the truths, the edits that were to be these (P, 1, S, S), and evidence (P, n)."""

    truth: Tensor
    edited: Tensor
    evidence: Tensor


class DrawnGroups(GroupSupervision):
    """The losses of stage 1 with true groups. `groups` weighs equations (1) to (5)."""

    def __init__(self, *args: Any, groups: GroupWeights, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups

    def pixel(self, x: Tensor, target: Tensor) -> Tensor:
        """The mean absolute error of reconstructions, as of edits."""
        return smooth(x - target).mean()

    def swap(self, parts: Swap, donor: Tensor) -> Swap:
        """x'_A for real donors, with A's own detail kept as the decoder says."""
        pathology = parts.pathology[donor]
        before, after = (self.model.render(parts.identity, z) for z in (parts.pathology, pathology))
        swapped = carry_kept(parts.images, before, after)
        return Swap(parts.images, parts.reconstruction, swapped, parts.identity, pathology, parts.labels[donor])

    def compare(self, groups: Groups) -> tuple[dict[str, Tensor], Edited]:
        """The losses (1) to (5) of pairs, each taken in one direction, adding or removing, by lot."""
        pairs = len(groups.films)
        adding = torch.rand(pairs, device=groups.films.device) < 0.5
        identity, pathology = self.model.encode(torch.cat([groups.films, groups.drawn]))
        (one, two), (healthy, ill) = identity.sample().chunk(2), pathology.sample().chunk(2)
        here = chosen(adding, groups.films, groups.drawn)
        there = chosen(adding, groups.drawn, groups.films)
        z_id, z_n = chosen(adding, one, two), chosen(adding, healthy, ill)
        target = chosen(adding, ill, healthy)
        before, after = self.model.render(z_id, z_n), self.model.render(z_id, target)
        reconstruction, edited = before[0], carry_kept(here, before, after)
        weight, some = changes(groups.films, groups.drawn), slice(None, None, 2)  # of (4) half of the pairs is enough
        lent = chosen(adding, ill[groups.partner], healthy[groups.partner])[some]
        known = (before[0][some].detach(), before[1][some].detach())
        borrowed = carry_kept(here[some], known, self.model.render(z_id[some], lent))
        sigma = LIKE * here.shape[-1]
        far = (blur(borrowed, sigma) - blur(there[some], sigma)).abs()
        labels = torch.cat([groups.before, groups.after])
        losses = {
            "pixel": self.pixel(reconstruction, here),
            "kl_identity": self.weights.kl_identity * identity.kl(),
            "kl_pathology": self.weights.kl_pathology * pathology.kl(),
            "classify": self.weights.classify * self.classify(torch.cat([healthy, ill]), labels),
            "same": self.groups.identity * same(identity.mean),
            "edit": self.groups.edit * (weight * smooth(edited - there)).mean(),
            "gradient": self.groups.gradient * gradient_loss(edited, there, weight),
            "like": self.groups.like * (weight[some] * far).mean(),
            "share": self.groups.share * self.told_shares(healthy, ill, groups),
        } | self.similarity(reconstruction, here)
        evidence = label_evidence(chosen(adding, groups.after, groups.before))
        if self.groups.adversarial:
            losses["fooled"] = -self.groups.adversarial * self.critic(edited, evidence).mean()
        return losses, Edited(there, edited, evidence)

    def told_shares(self, healthy: Tensor, ill: Tensor, groups: Groups) -> Tensor:
        """(5): what the head reads, against the share of each finding: cross-entropy, and 1 - Dice of what is shown."""
        read, nothing = self.model.shares(ill), self.model.shares(healthy)
        there = F.adaptive_avg_pool2d(groups.share, read.shape[-1])
        shown = groups.shown[:, :, None, None]
        target = shown.nan_to_num() * there
        known = (~groups.shown.isnan())[:, :, None, None].expand_as(read)
        loss = F.binary_cross_entropy_with_logits(read, target, reduction="none")[known].mean()
        loss = (
            loss + F.binary_cross_entropy_with_logits(nothing, torch.zeros_like(read), reduction="none")[known].mean()
        )
        made = read.sigmoid()
        overlap = 2 * (made * target).sum((2, 3)) / ((made + target).sum((2, 3)) + 1.0)
        return loss + (1 - overlap)[groups.shown == 1].mean()

    def group_critic_loss(self, edits: Edited) -> Tensor:
        """Hinge loss of the critic: the films that were to be made against the edits."""
        return hinge(self.critic(edits.truth, edits.evidence), self.critic(edits.edited.detach(), edits.evidence))


def chosen(where: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """Row by row one (P, ...) or the other, by `where` (P,)."""
    return torch.where(where.view(-1, *[1] * (one.dim() - 1)), one, other)


def changes(films: Tensor, drawn: Tensor) -> Tensor:
    """The weight (P, 1, S, S) of each pixel: WEIGHT + 1 where films (P, 1, S, S) truly change, else 1."""
    changed = ((films - drawn).abs() / 0.06).clamp(max=1)
    return 1 + WEIGHT * blur(changed, NEAR * films.shape[-1])


def smooth(error: Tensor) -> Tensor:
    """The absolute error, but square below a grey level or so (Charbonnier)."""
    return (error.square() + 4e-6).sqrt()


def gradient_loss(made: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Mean absolute error of the differences between neighbours of images (P, 1, S, S), weighed."""
    error = made - truth
    down, right = error[..., 1:, :] - error[..., :-1, :], error[..., 1:] - error[..., :-1]
    return (weight[..., 1:, :] * down.abs()).mean() + (weight[..., 1:] * right.abs()).mean()


def same(identity: Tensor) -> Tensor:
    """(1): the mean squared difference of identity channels (2P, c, h, w) of pairs, as a share of their variance."""
    one, two = identity.chunk(2)
    return ((one - two).square().mean((0, 2, 3)) / identity.detach().var((0, 2, 3)).clamp(min=1e-4)).mean()
