"""System 1, stage 3, beyond the paper: T and D learn to draw what is asked of them.

Stage 1 swaps the pathology map of one patient for that of another; an edit moves it along the direction that the prior
gives a request, and further than a donor would. Here the decoder sees such moves, under the losses of stage 1. What
encodes the pathology map stays as it is, and with it the prior.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from causaray.cohorts.batches import Batch
from causaray.editors.residual import carry_over
from causaray.nets.discriminator import FeatureDiscriminator, PatchDiscriminator
from causaray.nets.guide import Guide, blur
from causaray.nets.losses import masked_bce
from causaray.systems.causal_disentanglement.stage1_group_supervision import GroupSupervision, Swap, glimpse, hinge

Direction = Callable[[Tensor, Tensor], Tensor]
STAY = 0.05
"""Weight of the guide's other logits, which a request is to leave where they were."""


class RequestSupervision(GroupSupervision):
    """Group supervision with requests in place of donors' maps; see `FindingRequests` for what is asked for.

    A patient is asked for what the donor has: so requests are as frequent as what they ask for, and the critic compares
    with photographs that answer the same request. What encodes the pathology map is frozen.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.model.requires_grad_(True)
        self.model.encoder.pathology.requires_grad_(False)

    def reconstruct(self, batch: Batch) -> tuple[dict[str, Tensor], Swap]:
        """The reconstruction losses with the channels that an edit starts from: the means."""
        identity, encoded = (posterior.mean for posterior in self.model.encode(batch.images))
        pathology = self.start(encoded, batch.labels)
        x = self.model.decode(identity, pathology)
        losses = {"pixel": self.pixel(x, batch.images)} | self.similarity(x, batch.images)
        return losses, Swap(batch.images, x, batch.images, identity, pathology, batch.labels)

    def swap(self, parts: Swap, donor: Tensor) -> Swap:
        """The images edited under one request each; the labels are what was asked."""
        asked = self.request(parts.labels, parts.labels[donor])
        with torch.no_grad():
            moved = self.move(parts.pathology, asked)
        decoded = self.model.decode(parts.identity, moved)
        # Not detached, as it is in stage 1: the encoder of the map is frozen, and a shift of both would gain nothing.
        edited = self.carry(parts.images, parts.reconstruction, decoded)
        return Swap(parts.images, parts.reconstruction, edited, parts.identity, moved, asked)

    def start(self, encoded: Tensor, own: Tensor) -> Tensor:
        """The pathology maps (B, 1, p, p) that an edit of images with labels `own` starts from."""
        return encoded

    def request(self, own: Tensor, donor: Tensor) -> Tensor:
        """What is asked of images with labels `own` (B, n) whose donors have `donor`: (B, n)."""
        raise NotImplementedError

    def move(self, pathology: Tensor, asked: Tensor) -> Tensor:
        """Pathology maps (B, 1, p, p) as an edit moves them."""
        raise NotImplementedError


class FindingRequests(RequestSupervision):
    """One finding is asked for, as the donor has it.

    `direction` gives the moves of pathology maps (B, 1, p, p) under label rows (B, n), as an edit takes them, followed
    `reach` (least, most) times as far; the change is blurred by `finest` pixels, as an edit's; a finding has `sides`
    columns, which hold its severity where they are several.
    """

    guide: Guide
    critic: "Critics"

    def __init__(self, *args: Any, direction: Direction, reach: tuple[float, float], finest: float, sides: int) -> None:
        super().__init__(*args)
        self.direction, self.reach, self.finest, self.sides = direction, reach, finest, sides

    def request(self, own: Tensor, donor: Tensor) -> Tensor:
        return requests(own, donor, self.sides)

    def move(self, pathology: Tensor, asked: Tensor) -> Tensor:
        amount = torch.empty(len(asked), 1, 1, 1, device=asked.device).uniform_(*self.reach)
        return pathology + amount * self.direction(pathology, asked)

    def carry(self, image: Tensor, reconstruction: Tensor, counterfactual: Tensor) -> Tensor:
        return carry_over(image, blur(counterfactual - reconstruction, self.finest))

    def swap(self, parts: Swap, donor: Tensor) -> "Shown":
        """As any stage 3, and what the guide's nets see of it."""
        swap = super().swap(parts, donor)
        looked = self.guide.look(glimpse(torch.cat([swap.swapped, swap.images])))
        made, real = zip(*(part.chunk(2) for part in looked), strict=True)
        return Shown(**vars(swap), made=made, real=[part.detach() for part in real])

    def supervise(self, swap: Swap, batch: Batch) -> dict[str, Tensor]:
        """As in stage 1, with a second critic beside the guide."""
        assert isinstance(swap, Shown)
        weights, evidence = self.weights, self.evidence(swap.labels)
        after, before = self.guide.read(swap.made), self.guide.read(swap.real)
        answered = self.answered(after, before, before[batch.donor], swap.labels)
        losses = {
            "identity": weights.identity * self.identity_loss(swap.swapped, swap.images),
            "pathology": weights.pathology * answered,
            "minimality": weights.minimality * (swap.swapped - swap.images).abs().mean(),
        }
        if weights.adversarial:
            fooled = (
                self.critic.patches(swap.swapped, evidence).mean() + self.critic.features(swap.made, evidence).mean()
            )
            losses["adversarial"] = -weights.adversarial * fooled
        return losses

    def answered(self, logits: Tensor, before: Tensor, donor: Tensor, asked: Tensor) -> Tensor:
        """L_PC: the guide, logits (B, V, n), sees what was asked (B, n), and of all else what it saw before.

        Severity is as asked when the guide sees as much of it as in the donor, whatever that is: a guide that is not
        sure says less than the label, and an edit to the label would overshoot.
        """
        others = asked.isnan()[:, None].expand_as(logits)
        if self.sides > 1:
            told = (logits - donor.detach()).square().masked_fill(others, 0).sum() / (~others).sum().clamp(min=1)
        else:
            told = torch.stack([masked_bce(view, asked) for view in logits.unbind(1)]).mean()
        return told + STAY * (logits - before.detach())[others].square().mean()

    def critic_loss(self, swap: Swap, donor: Tensor) -> Tensor:
        """Hinge losses of both critics: photographs that answer the request against images edited to."""
        assert isinstance(swap, Shown)
        patches, features, evidence = self.critic.patches, self.critic.features, self.evidence(swap.labels)
        answers, made = [part[donor] for part in swap.real], [part.detach() for part in swap.made]
        return hinge(patches(swap.images[donor], evidence), patches(swap.swapped.detach(), evidence)) + hinge(
            features(answers, evidence), features(made, evidence)
        )


@dataclass(frozen=True)
class Shown(Swap):
    """A swap and, view by view, the feature maps that the guide's nets have of the swapped images and of the images."""

    made: Sequence[Tensor]
    real: Sequence[Tensor]


class Critics(nn.Module):
    """`patches` looks at images, `features` at what the guide's nets see of them."""

    def __init__(self, guide: Guide, n: int) -> None:
        super().__init__()
        self.patches = PatchDiscriminator(n)
        self.features = FeatureDiscriminator(guide.widths, n)


def requests(own: Tensor, donor: Tensor, sides: int) -> Tensor:
    """One request for each row of labels (B, findings * sides): a finding as the donor has it, all else NaN.

    Where patient and donor differ one of those findings is drawn; else one that is known of the donor; nothing where
    none is. Half of the requests for one side say nothing of the other.
    """
    own, donor = (labels.unflatten(1, (-1, sides)) for labels in (own, donor))
    known = ~donor.isnan().any(2)
    differs = known & ~own.isnan().any(2) & (own != donor).any(2)
    choice = torch.where(differs.any(1, keepdim=True), differs, known).float()
    column = torch.multinomial(choice + 1e-9, 1)
    chosen = torch.zeros_like(known).scatter(1, column, True) & known
    silent = (donor == 0) & (donor > 0).any(2, keepdim=True) & (torch.rand(len(donor), 1, 1, device=donor.device) < 0.5)
    return donor.masked_fill(~chosen[:, :, None] | silent, torch.nan).flatten(1)
