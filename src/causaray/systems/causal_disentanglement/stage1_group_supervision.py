"""System 1, stage 1: causal disentanglement by group supervision (Nie et al., arXiv 2504.14450).

The latent has n channels; channel n is pathology, the others are identity. The interaction transformer T models how
they act on each other and D decodes f = T(z). Swapping the pathology channel between two patients must carry the
finding over (L_PC), leave the patient alone (L_ID), and still look like a radiograph (a patch discriminator: nothing in
the paper asks for it, and without it the swap is ruined by a texture that bribes the guide). Beyond the paper, a
swapped image carries the residual of the autoencoder over from its patient, in training as in use.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from causaray.cohorts.batches import Batch
from causaray.editors.residual import carry_over
from causaray.nets.autoencoder import CausalAutoencoder
from causaray.nets.blocks import standardise
from causaray.nets.guide import blur
from causaray.nets.leak_probe import LeakProbe
from causaray.nets.losses import label_evidence, masked_bce
from causaray.systems.causal_disentanglement.similarity import ssim, structure


@dataclass(frozen=True)
class Weights:
    """Weights of the stage 1 losses. The paper's names first, in its notation; then what realism and leakage need."""

    ssim: float = 0.01  # lambda
    kl_identity: float = 0.1  # alpha, on channels 1..n-1
    kl_pathology: float = 0.1  # alpha, on channel n
    classify: float = 5.0  # beta
    identity: float = 1.0  # gamma, L_ID
    pathology: float = 2.5  # delta, L_PC
    adversarial: float = 0.0  # realism of swapped images
    minimality: float = 0.0  # a swap changes no more than it must
    cycle: float = 0.0  # a swapped image must be encoded back to the channels it was made of
    leak: float = 0.0  # findings must not be readable from the identity channels


@dataclass(frozen=True)
class Swap:
    """What group supervision looks at: the images, what the decoder makes of them, and what a swap makes of them."""

    images: Tensor
    reconstruction: Tensor
    swapped: Tensor
    identity: Tensor
    pathology: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Spaces:
    """Frozen nets in whose features (B, ...) of images (B, 1, S, S) the losses compare instead, where there is one.

    identity: L_ID, the paper's VGG-16, of standardised images; pathology: L_PC, the paper's CXR-CLIP.
    """

    identity: nn.Module | None = None
    pathology: nn.Module | None = None


class GroupSupervision(nn.Module):
    """The losses of stage 1. `guide` is frozen and sees images as an eye would; `critic` is trained beside it."""

    positive_weight: Tensor

    def __init__(
        self,
        model: CausalAutoencoder,
        guide: nn.Module,
        critic: nn.Module,
        weights: Weights,
        positive_weight: Tensor,
        pathology_target: Literal["donor", "self"] = "donor",
        identity_sigma: float = 2.0,
        spaces: Spaces = Spaces(),
    ) -> None:
        super().__init__()
        self.model, self.guide, self.critic, self.weights = model, guide.eval().requires_grad_(False), critic, weights
        self.register_buffer("positive_weight", positive_weight)
        self.pathology_target, self.identity_sigma = pathology_target, identity_sigma
        self.identity_space, self.pathology_space = (
            net and net.eval().requires_grad_(False) for net in (spaces.identity, spaces.pathology)
        )
        self.probe = LeakProbe(model.shape.channels - 1, len(positive_weight)) if weights.leak else None

    def reconstruct(self, batch: Batch) -> tuple[dict[str, Tensor], Swap]:
        """L_VAE = L_recon + alpha L_KL + beta L_cls on a batch, and the pieces that a swap is made of."""
        identity, pathology = self.model.encode(batch.images)
        z_identity, z_pathology = identity.sample(), pathology.sample()
        x = self.model.decode(z_identity, z_pathology)
        losses: dict[str, Tensor] = {
            "pixel": self.pixel(x, batch.images),
            "kl_identity": self.weights.kl_identity * identity.kl(),
            "kl_pathology": self.weights.kl_pathology * pathology.kl(),
            "classify": self.weights.classify * self.classify(z_pathology, batch.labels),
        }
        losses |= self.similarity(x, batch.images)
        if self.probe is not None:
            losses["leak"] = self.weights.leak * confusion(self.probe(z_identity), batch.labels)
        return losses, Swap(batch.images, x, batch.images, z_identity, z_pathology, batch.labels)

    def adversaries(self) -> nn.ModuleList:
        """What is trained against the model: the critic and, where a leak is penalised, the probe."""
        return nn.ModuleList([self.critic] if self.probe is None else [self.critic, self.probe])

    def adversary_loss(self, parts: Swap, swap: Swap | None, donor: Tensor) -> dict[str, Tensor]:
        """What the adversaries learn from a batch: `parts` of its reconstruction, and its swap with `donor`, if any."""
        losses = {} if swap is None else {"critic": self.critic_loss(swap, donor)}
        if self.probe is not None:
            read = self.probe(parts.identity.detach())
            losses["probe"] = masked_bce(read, parts.labels, self.positive_weight)
        return losses

    def similarity(self, x: Tensor, target: Tensor) -> dict[str, Tensor]:
        """lambda (1 - SSIM), where lambda is not 0."""
        if not self.weights.ssim:
            return {}
        return {"ssim": self.weights.ssim * (1 - ssim(x, target).mean())}

    def pixel(self, x: Tensor, target: Tensor) -> Tensor:
        return (x - target).square().mean()

    def classify(self, pathology: Tensor, labels: Tensor) -> Tensor:
        return masked_bce(self.model.classify(pathology), labels, self.positive_weight)

    def swap(self, parts: Swap, donor: Tensor) -> Swap:
        """x'_A for donors B = `donor` (indices into the batch), with A's own residual carried over (`carry_over`)."""
        pathology = parts.pathology[donor]
        decoded = self.model.decode(parts.identity, pathology)
        # Detached, although what D draws then drifts (26 dB on phantoms, not 29): edits learn far less otherwise.
        swapped = self.carry(parts.images, parts.reconstruction.detach(), decoded)
        return Swap(parts.images, parts.reconstruction, swapped, parts.identity, pathology, parts.labels[donor])

    def evidence(self, labels: Tensor) -> Tensor:
        """What the critic is told of labels (B, n)."""
        return label_evidence(labels)

    def carry(self, image: Tensor, reconstruction: Tensor, counterfactual: Tensor) -> Tensor:
        """How the residual of the autoencoder is carried over."""
        return carry_over(image, counterfactual - reconstruction)

    def supervise(self, swap: Swap, batch: Batch) -> dict[str, Tensor]:
        """gamma L_ID + delta L_PC, and the terms that keep a swapped image a radiograph of that patient."""
        losses = {
            "identity": self.weights.identity * self.identity_loss(swap.swapped, swap.images),
            "pathology": self.weights.pathology * self.pathology_loss(swap, batch),
        }
        if self.weights.minimality:
            losses["minimality"] = self.weights.minimality * (swap.swapped - swap.images).abs().mean()
        if self.weights.adversarial:
            evidence = self.evidence(swap.labels)
            losses["adversarial"] = -self.weights.adversarial * self.critic(swap.swapped, evidence).mean()
        if self.weights.cycle:
            losses["cycle"] = self.weights.cycle * self._cycle_loss(swap)
        return losses

    def identity_loss(self, swapped: Tensor, factual: Tensor) -> Tensor:
        """L_ID as 1 - structure: ribs, outlines and marks stay where they are, but may fade under an opacity.

        Or, with a space, the mean squared distance there.
        """
        if self.identity_space is not None:
            there, here = self.identity_space(standardise(torch.cat([swapped, factual]))).chunk(2)
            return (there - here).square().mean()
        return 1 - structure(swapped, factual, self.identity_sigma).mean()

    def pathology_loss(self, swap: Swap, batch: Batch) -> Tensor:
        """L_PC: what the guide says of x'_A against what it says of donor x_B (`donor`) or of x_A (`self`, as printed).

        The findings' logits and the labels, not the features below them: those hold anatomy as well, and the cheapest
        way to match them is to copy the donor's outline. With a space of one's own, the squared distance there.
        """
        to_donor = self.pathology_target == "donor"
        target, labels = (batch.images[batch.donor], swap.labels) if to_donor else (batch.images, batch.labels)
        seen, wanted = glimpse(torch.cat([swap.swapped, target])).chunk(2)
        if self.pathology_space is not None:
            with torch.no_grad():
                there = self.pathology_space(wanted)
            return (self.pathology_space(seen) - there).square().sum(1).mean()
        with torch.no_grad():
            wanted_logits = self.guide(wanted)
        logits = self.guide(seen)
        told = torch.stack([masked_bce(view, labels, self.positive_weight) for view in logits.unbind(1)]).mean()
        return (logits - wanted_logits).square().mean() + told

    def _cycle_loss(self, swap: Swap) -> Tensor:
        identity, pathology = self.model.encode(swap.swapped)
        back = (pathology.mean - swap.pathology.detach()).square().mean()
        back = back + (identity.mean - swap.identity.detach()).square().mean()
        return back + self.classify(pathology.mean, swap.labels)

    def critic_loss(self, swap: Swap, donor: Tensor) -> Tensor:
        """Hinge loss of the critic: photographs of the donors against swapped images with the donors' findings."""
        evidence = self.evidence(swap.labels)
        return hinge(self.critic(swap.images[donor], evidence), self.critic(swap.swapped.detach(), evidence))


def confusion(logits: Tensor, labels: Tensor) -> Tensor:
    """How far an adversary is from not knowing: mean squared logit over the known labels (Tzeng et al. 2015, in
    logits).

    Its classes are weighed alike, so that not knowing is a logit of 0; unlike its negated loss this is bounded below.
    """
    known = ~labels.isnan()
    return (logits.square() * known).sum() / known.sum().clamp(min=1)


def hinge(real: Tensor, made: Tensor) -> Tensor:
    """Hinge loss of a critic's logits of real and of made images."""
    return torch.relu(1 - real).mean() + torch.relu(1 + made).mean()


def glimpse(x: Tensor) -> Tensor:
    """A random blur, noise and shift, shared over the batch: what an eye forgives, texture cannot bribe.

    Blur and shift are parts of the image: to 1.8 % and 3 % of its side.
    """
    pixel = x.shape[-1] / 128
    x = blur(x, pixel * float(0.3 + 2.0 * torch.rand(())))
    dy, dx = (round(pixel * int(v)) for v in torch.randint(-4, 5, (2,)))
    x = torch.roll(x, (dy, dx), dims=(2, 3))
    return x + torch.randn_like(x) * 0.03
