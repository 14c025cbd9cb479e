"""Baseline: a plain latent diffusion model (the paper's SD row; Rombach et al. 2022), and edits by it (SDEdit).

The autoencoder of system 1 without group supervision, and a diffusion model of all its channels under the findings
asked for. An edit noises the whole latent to time `strength` and denoises it under the request (Meng et al. 2022);
strength 1 is text to image, and nothing of the patient is left.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from causaray import weightfiles
from causaray.diffusion.sampler import multistep
from causaray.diffusion.schedule import diffuse, times
from causaray.editors.conditions import asked_labels
from causaray.editors.edit import Edit, EditRequest
from causaray.editors.protocol import check_options
from causaray.editors.saved import load_weights, save_weights
from causaray.findings import Findings, check_known
from causaray.nets.autoencoder import CausalAutoencoder
from causaray.nets.denoiser import MapDenoiser, Standardiser
from causaray.systems.causal_disentanglement.editor import Config
from causaray.systems.causal_disentanglement.request_direction import NOISIEST, opposite, toward

METHOD = "latent-diffusion"
PATCH = 2
"""Side of the denoiser's patches, in pixels of the latent."""
STEPS = 50
"""Of the denoising: this baseline is not hurried."""


class LatentDiffusion(nn.Module):
    """The trained parts in one module."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        shape, n = config.shape, len(config.columns)
        self.autoencoder = CausalAutoencoder(shape, n)
        size, grid = shape.latent_size, shape.latent_size // PATCH
        self.denoiser = MapDenoiser(n, size, config.denoiser_dim, config.denoiser_layers, shape.channels, grid)
        self.scale = Standardiser(shape.channels)

    def encode(self, images: Tensor) -> Tensor:
        """The latent (B, n, S/4, S/4) of images: means."""
        identity, pathology = self.autoencoder.encode(images)
        return self.autoencoder.latent(identity.mean, pathology.mean)

    def decode(self, latent: Tensor) -> Tensor:
        """Images (B, 1, S, S), unclamped, of latents."""
        return self.autoencoder.decoder(self.autoencoder.composed(latent))


class LatentDiffusionEditor:
    """A trained plain latent diffusion model that edits."""

    method = METHOD
    takes = frozenset({"mask"})
    adds_only = False

    def __init__(self, net: LatentDiffusion, config: Config, digest: str = "unsaved", device: str = "cpu") -> None:
        self.net, self.config, self.digest = net.eval().requires_grad_(False).to(device), config, digest
        self.device = torch.device(device)
        self.name = self.weights = config.name
        self.names, self.size = config.names, config.shape.size

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "LatentDiffusionEditor":
        """Read a weights folder. Raises BadInput when it is not one of this method."""
        net, config = load_weights(Path(folder), METHOD, lambda config: LatentDiffusion(Config.from_dict(config)))
        return cls(net, Config.from_dict(config), weightfiles.digest(folder), device)

    def save(self, folder: Path, **about: Any) -> None:
        """Write the weights, and in config.json whatever `about` says of the training."""
        save_weights(self.net, {"method": METHOD, **asdict(self.config), **about}, folder)

    @property
    def denoiser(self) -> nn.Module:
        """What is called again and again in an edit."""
        return self.net.denoiser

    @torch.no_grad()
    def reconstruct(self, images: Tensor) -> Tensor:
        """D(T(E(x))) for images (B, 1, S, S) in [0, 1]."""
        return self.net.decode(self.net.encode(images.to(self.device))).clamp(0, 1).cpu()

    @torch.no_grad()
    def edit(self, images: Tensor, request: EditRequest) -> Edit:
        """What becomes of the images under a request; strength 0 gives them back. Rows draw noise of their own.

        Of several seeds the first is taken. Raises BadInput for a finding that it does not know.
        """
        check_options(self, request)
        check_known(request.findings, self.names, self.name)
        latent = self.net.encode(images.to(self.device))
        before = self.net.decode(latent).clamp(0, 1)
        if request.strength == 0:
            return Edit(before.cpu(), images.clone())
        start = min(request.strength, NOISIEST)
        z = self.net.scale(latent)
        noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(request.first_seed)).to(z)
        asked = asked_labels(list(request.findings), self.names, self.config.graded).to(z)
        away = opposite(asked, self.config.graded)
        denoise = toward(self.net.denoiser, asked, away, self.config.guidance)
        z = multistep(denoise, diffuse(z, noise, torch.full((len(z),), start)), times(start, STEPS))
        made = self.net.decode(self.net.scale.inverse(z)).clamp(0, 1).cpu()
        return Edit(before.cpu(), request.confined(made, images))

    @torch.no_grad()
    def generate(self, request: Findings, n: int, *, seed: int = 0, identity: Tensor | None = None) -> Tensor:
        """n images (n, 1, S, S) under a request, from noise alone: nothing of an `identity` is left at strength 1.

        Raises BadInput for a finding that it does not know.
        """
        size = self.config.shape.size
        blank = torch.zeros(n, 1, size, size)
        return self.edit(blank, EditRequest(request, seed, strength=1.0)).counterfactual
