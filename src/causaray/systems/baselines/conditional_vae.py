"""Baseline: counterfactuals of a conditional VAE, flat or hierarchical, by abduction, action and prediction.

After Pawlowski et al. 2020 (deep structural causal models) and De Sousa Ribeiro et al. 2023 (a hierarchical VAE with an
exogenous prior), both without the fine-tuning by predictors. p(x | u, a) is a Gaussian of fixed deviation around
`Ladder`, u exogenous noise, a the findings. Abduction: u from the image, and what the mean leaves out of it, the noise
of the pixels. Action: the findings asked for. Prediction: the mean under them, with the noise of the pixels put back.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.editors.conditions import asked_labels
from causaray.editors.edit import Edit, EditRequest
from causaray.editors.protocol import check_options
from causaray.editors.residual import carry_over
from causaray.editors.saved import load_weights, save_weights
from causaray.findings import check_known
from causaray.nets.autoencoder import Posterior
from causaray.nets.ladder import Ladder, LadderShape
from causaray.nets.losses import label_evidence
from causaray.vocabulary import condition_columns

METHOD = "conditional-vae"
DEVIATION = 0.03
"""Of the pixels, from 0 (black) to 1 (white)."""


@dataclass(frozen=True)
class Config:
    """Everything but the numbers: what config.json says."""

    name: str
    names: tuple[str, ...]
    shape: LadderShape
    graded: bool = False
    guidance: None = None  # there is nothing to guide

    @property
    def columns(self) -> tuple[str, ...]:
        """What the model is conditioned on."""
        return condition_columns(self.names, self.graded)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Config":
        """The part of a config.json that is this."""
        shape = LadderShape(**{**values["shape"], "rungs": tuple(values["shape"]["rungs"])})
        return cls(values["name"], tuple(values["names"]), shape, bool(values["graded"]))


def negative_elbo(
    images: Tensor, reconstruction: Tensor, posteriors: Sequence[Posterior], deviation: float = DEVIATION
) -> dict[str, Tensor]:
    """Squared error of the pixels (B, 1, S, S), and the KL of all rungs at its scale: 2 deviation^2 KL / pixels."""
    kl = torch.stack([p.kl() * p.mean[0].numel() for p in posteriors]).sum()
    scale = 2 * deviation**2 / images[0].numel()
    return {"pixel": (reconstruction - images).square().mean(), "kl": scale * kl}


class VariationalEditor:
    """A trained conditional VAE, flat or hierarchical, that edits."""

    method = METHOD
    takes = frozenset({"mask", "known"})
    adds_only = False

    def __init__(self, net: Ladder, config: Config, digest: str = "unsaved", device: str = "cpu") -> None:
        self.net, self.config, self.digest = net.eval().requires_grad_(False).to(device), config, digest
        self.device = torch.device(device)
        self.name = self.weights = config.name
        self.names, self.size = config.names, config.shape.size

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "VariationalEditor":
        """Read a weights folder. Raises BadInput when it is not one of this method."""

        def build(config: dict[str, Any]) -> Ladder:
            known = Config.from_dict(config)
            return Ladder(known.shape, len(known.columns))

        net, config = load_weights(Path(folder), METHOD, build)
        return cls(net, Config.from_dict(config), weightfiles.digest(folder), device)

    def save(self, folder: Path, **about: Any) -> None:
        """Write the weights, and in config.json whatever `about` says of the training."""
        save_weights(self.net, {"method": METHOD, **asdict(self.config), **about}, folder)

    @torch.no_grad()
    def reconstruct(self, images: Tensor) -> Tensor:
        """The mean of p(x | u, a) for images (B, 1, S, S), of whose findings nothing is told."""
        return self.net.abduct(images.to(self.device), label_evidence(self._untold(len(images))))[0].clamp(0, 1).cpu()

    @torch.no_grad()
    def edit(self, images: Tensor, request: EditRequest) -> Edit:
        """What these patients would look like under a request, and as they were in all else that is known of them.

        Strength 0 gives the images back, all others are alike: an action is done or not. Nothing is drawn by lot, so
        the seed has no part. Raises BadInput for a finding that it does not know.
        """
        check_options(self, request)
        check_known(request.findings, self.names, self.name)
        known = self._untold(len(images)) if request.known is None else request.known.to(self.device)
        before, noise = self.net.abduct(images.to(self.device), label_evidence(known))
        if request.strength == 0:
            return Edit(before.clamp(0, 1).cpu(), images.clone())
        asked = asked_labels(list(request.findings), self.names, self.config.graded).to(self.device)
        after = self.net.predict(noise, label_evidence(torch.where(asked.isnan(), known, asked)))
        made = carry_over(images, (after - before).cpu()).clamp(0, 1)
        return Edit(before.clamp(0, 1).cpu(), request.confined(made, images))

    def _untold(self, n: int) -> Tensor:
        return torch.full((n, len(self.config.columns)), torch.nan, device=self.device)
