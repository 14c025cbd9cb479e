"""System 1 with true groups: stage 1 on pairs of films of one patient without and with a finding.

The paper swaps pathology channels between patients because it has no pairs. Where a finding is drawn on a film, or set
in a phantom, there are: A the film without it, A' the same with it, and B' another patient with the same request. The
pathology maps z_n hold the share of each finding in each place, s is the true share of the one that is drawn, and
z_n + s is z_n with it, z_n - s without. An edit is drawn over the film itself, x'(A; z_id, z_n) as in
`residual.carry_kept`: the film is abducted whole, not only as far as D(T(z)) tells it. What group supervision (Ge et
al. 2021) then asks for:

    (1) z_id(A) = z_id(A')                          what is the patient's is not the finding's
    (2) x'(A; z_id(A), z_n(A) + s) = A'             adding
    (3) x'(A'; z_id(A'), z_n(A') - s) = A           removing
    (4) x'(A; z_id(A), z_n(A) + s_B') close to A'   the finding alone is swapped, and is drawn on this chest
    (5) z_n(A') tells s, and z_n(A) does not        the maps tell where, and how much, each finding is
    (6) the highest shares of z_n agree with the weak labels of a real film
    (7) Q(A', z_n(A')) is s to the pixel, and so is Q(A, z_n(A) + s) where s is told roughly

Beside them stand the paper's own terms on real films under weak labels (`causal_disentanglement`), and the critic.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.editors.residual import carry_kept
from causaray.nets.guide import blur
from causaray.nets.losses import label_evidence
from causaray.systems.causal_disentanglement.stage1_group_supervision import GroupSupervision, Swap, hinge

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
    (P,): another patient of the same request; places (P, 2, 10, h, w): the coordinates of both chests, if known.
    """

    films: Tensor
    drawn: Tensor
    share: Tensor
    before: Tensor
    after: Tensor
    shown: Tensor
    partner: Tensor
    places: Tensor | None = None


@dataclass(frozen=True)
class GroupWeights:
    """Weights of the losses on true groups."""

    edit: float = 1.0
    gradient: float = 1.0
    like: float = 0.3
    identity: float = 0.1
    share: float = 0.2
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
        before, after = (self.model.render(parts.identity, z, parts.images) for z in (parts.pathology, pathology))
        swapped = carry_kept(parts.images, before, after)
        return Swap(parts.images, parts.reconstruction, swapped, parts.identity, pathology, parts.labels[donor])

    def compare(self, groups: Groups) -> tuple[dict[str, Tensor], Edited]:
        """The losses (1) to (5) of pairs, each taken in one direction, adding or removing, by lot."""
        pairs = len(groups.films)
        adding = torch.rand(pairs, device=groups.films.device) < 0.5
        identity, pathology = self.model.encode(torch.cat([groups.films, groups.drawn]))
        (one, two), (healthy, ill) = identity.sample().chunk(2), pathology.mean.chunk(2)
        here = chosen(adding, groups.films, groups.drawn)
        there = chosen(adding, groups.drawn, groups.films)
        z_id = chosen(adding, one, two)
        # (5) and the labels alone say what the maps mean; an edit may not bend them to its own ends.
        z_n = chosen(adding, *(part.detach() for part in pathology.sample().chunk(2)))
        share = F.adaptive_avg_pool2d(groups.share, z_n.shape[-1])
        target = chosen(adding, with_share(z_n, share, groups.shown), without(z_n, groups.shown))
        before, after = (self.model.render(z_id, z, here) for z in (z_n, target))
        reconstruction, edited = self.model.decode(z_id, z_n), carry_kept(here, before, after)
        weight = changes(groups.films, groups.drawn)
        labels = torch.cat([groups.before, groups.after])
        losses = {
            "pixel": self.pixel(reconstruction, here),
            "kl_identity": self.weights.kl_identity * identity.kl(),
            "classify": self.weights.classify * self.classify(torch.cat([healthy, ill]), labels),
            "same": self.groups.identity * same(identity.mean),
            "edit": self.groups.edit * (weight * smooth(edited - there)).mean(),
            "gradient": self.groups.gradient * gradient_loss(edited, there, weight),
            "share": self.groups.share * told_shares(healthy, ill, share, groups.shown),
        } | self.similarity(reconstruction, here)
        if self.groups.like:
            losses["like"] = self.groups.like * self._borrowed(groups, z_n, z_id, share, before, adding)
        evidence = label_evidence(chosen(adding, groups.after, groups.before))
        if self.groups.adversarial:
            losses["fooled"] = -self.groups.adversarial * self.critic(edited, evidence).mean()
        return losses, Edited(there, edited, evidence)

    def _borrowed(
        self, groups: Groups, z_n: Tensor, z_id: Tensor, share: Tensor, before: tuple[Tensor, Tensor], adding: Tensor
    ) -> Tensor:
        """(4), of those pairs to which the finding is added: the blurred error with another patient's share."""
        some = torch.nonzero(adding)[:, 0]
        if not len(some):
            return z_n.new_zeros(())
        lent = with_share(z_n[some], share[groups.partner[some]], groups.shown[some])
        known = (before[0][some].detach(), before[1][some].detach())
        made = carry_kept(groups.films[some], known, self.model.render(z_id[some], lent, groups.films[some]))
        sigma = LIKE * made.shape[-1]
        far = (blur(made, sigma) - blur(groups.drawn[some], sigma)).abs()
        return (changes(groups.films[some], groups.drawn[some]) * far).mean()

    def group_critic_loss(self, edits: Edited) -> Tensor:
        """Hinge loss of the critic: the films that were to be made against the edits."""
        return hinge(self.critic(edits.truth, edits.evidence), self.critic(edits.edited.detach(), edits.evidence))


def with_share(maps: Tensor, share: Tensor, shown: Tensor) -> Tensor:
    """Maps (P, n, p, p) with a share (P, 1, p, p) in those where shown (P, n) is 1; what is there already stays."""
    return torch.where((shown == 1)[:, :, None, None], torch.maximum(maps, share), maps)


def without(maps: Tensor, shown: Tensor) -> Tensor:
    """Maps (P, n, p, p) with nothing in those where shown (P, n) is 1."""
    return torch.where((shown == 1)[:, :, None, None], 0.0, maps)


def told_shares(healthy: Tensor, ill: Tensor, share: Tensor, shown: Tensor) -> Tensor:
    """(5): cross-entropy of maps (P, n, p, p) with the true share (P, 1, p, p), and 1 - Dice of what is shown.

    healthy, ill: the maps of the films without and with the finding; shown (P, n) as in `Groups`.
    """
    target = shown[:, :, None, None].nan_to_num() * share
    known = (~shown.isnan())[:, :, None, None].expand_as(ill)
    loss = cross_entropy(ill, target)[known].mean() + cross_entropy(healthy, torch.zeros_like(ill))[known].mean()
    overlap = 2 * (ill * target).sum((2, 3)) / ((ill + target).sum((2, 3)) + 1.0)
    return loss + (1 - overlap)[shown == 1].mean()


EDGE = 2.0
"""How much the differences between neighbours count beside the shares themselves, where maps are fine."""


def fine_shares(made: Tensor, share: Tensor, shown: Tensor) -> Tensor:
    """(7): what fine maps made (P, n, S, S) lack of the share (P, 1, S, S) in those that show it, and of nothing else.

    Cross-entropy, 1 - Dice, and the absolute error of the differences between neighbours: a finding has an edge. Dice
    is of the lesser of both shares, which is least where they are the same; that of products, as in (5), would make
    haze solid. shown (P, n) as in `Groups`.
    """
    target = (shown[:, :, None, None].nan_to_num() * share).clamp(0, 1)
    known = ~shown.isnan()
    near = 1 + WEIGHT * (target > 0)
    cost = (near * cross_entropy(made, target))[known].mean()
    overlap = 2 * made.minimum(target).sum((2, 3)) / ((made + target).sum((2, 3)) + 1.0)
    edges = gradient_loss(made, target, near.expand_as(made))
    return cost + (1 - overlap)[shown == 1].mean() + EDGE * edges


MOST = 24
"""Of a map so many of the highest shares tell whether the finding is in the film at all."""


def weakly_told(maps: Tensor, labels: Tensor) -> Tensor:
    """(6): cross-entropy of the mean of the MOST highest shares of maps (B, n, p, p) with labels (B, n).

    Labels are 0 to 1, NaN and -1 unknown; films with and without a finding count alike.
    """
    highest = maps.flatten(2).topk(MOST, 2).values.mean(2)
    cost = cross_entropy(highest, (labels == 1).float())
    sides = [cost[labels == state] for state in (1, 0)]
    return torch.stack([side.mean() if side.numel() else maps.new_zeros(()) for side in sides]).sum()


def cross_entropy(made: Tensor, target: Tensor) -> Tensor:
    """Of shares in [0, 1], pixel by pixel; written out, since torch refuses its own under autocast."""
    made = made.clamp(1e-4, 1 - 1e-4)
    return -(target * made.log() + (1 - target) * (1 - made).log())


def chosen(where: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """Row by row one (P, ...) or the other, by `where` (P,)."""
    return torch.where(where.view(-1, *[1] * (one.dim() - 1)), one, other)


def changes(films: Tensor, drawn: Tensor) -> Tensor:
    """The weight (P, 1, S, S) of each pixel: WEIGHT + 1 where films (P, 1, S, S) truly change, else 1."""
    changed = ((films - drawn).abs() / 0.06).clamp(max=1)
    return 1 + WEIGHT * blur(changed, NEAR * films.shape[-1])


LITTLE, COMMON = 0.01, 0.06
"""A finding that changes a film by much less than LITTLE, weighed, has little to say; by COMMON, about 1."""


def evened(weight: Tensor, here: Tensor, there: Tensor) -> Tensor:
    """`weight` (P, 1, S, S) by which small findings have nearly as much to say as large ones.

    here, there (P, 1, S, S): films before and after the finding is added or taken away.
    """
    change = (weight * smooth(here - there)).mean((1, 2, 3), keepdim=True)
    return weight * COMMON / (LITTLE + change)


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
