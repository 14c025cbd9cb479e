"""System 1, long-tail optimisation (arXiv 2504.14450, section 3.2, Alg. 2; after SeedSelect, Samuel et al. 2024).

mu is the centroid of a few reference images of a rare finding in the space of a chest encoder. The initial noise z_T of
the pathology channel is chosen so that the counterfactual D(T(z_id, z_0)) comes near it: L_P = ||mu - f(x')||. Nothing
else changes. Engines of one interface: `gradient` (the paper's), `search` (no backward pass) and the one of
`amortised_noise.py` (one call of a network). The encoder guides, so what it says of the result is no measure of
it: the judge is another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from causaray.findings import Findings
from causaray.systems.causal_disentanglement.editor import Before, CausalDisentanglementEditor

Encoder = Callable[[Tensor], Tensor]
"""Images (B, 1, S, S) in [0, 1] -> features (B, d)."""

ITERATIONS, PATIENCE = 50, 5
"""Most iterations, and how many without a fall of L_P end them (the paper's)."""
STEP = 0.1
FALL = 1e-3
"""Relative fall of L_P over PATIENCE iterations that counts as one."""
CANDIDATES, ROUNDS, NEAR = 8, 3, 0.6
"""Draws a round of `search`, rounds, and the angle (radians) of the first neighbours; it shrinks with the rounds."""


@dataclass(frozen=True)
class Objective:
    """L_P of the edits of some images, as a function of the noise alone.

    images (B, 1, S, S); centroid (d,) of the references; all weights stay as they are.
    """

    editor: CausalDisentanglementEditor
    encoder: Encoder
    centroid: Tensor
    images: Tensor
    request: Findings
    strength: float = 0.7
    negative: Findings | None = None

    @cached_property
    def channels(self) -> tuple[Tensor, Tensor, Before]:
        """Identity channels and pathology maps of the images, and what the decoder makes of them."""
        with torch.no_grad():
            identity, z = self.editor.encode(self.images)
            return identity, z, self.editor.before(identity, z, self.images)

    def counterfactual(self, noise: Tensor) -> Tensor:
        """The edits (B, 1, S, S) from noise (B, 1, p, p), differentiable."""
        identity, z, before = self.channels
        move = self.editor.move(identity, z, self.request, noise, self.strength, negative=self.negative)
        return self.editor.moved(self.images, identity, z, move, before).counterfactual

    def __call__(self, noise: Tensor) -> Tensor:
        """L_P of each image: (B,)."""
        return (self.encoder(self.counterfactual(noise)) - self.centroid).norm(dim=1)


@dataclass(frozen=True)
class Optimised:
    """The noise (B, 1, p, p) that was found, its L_P (B,), that of the noise begun with, and the mean L_P by
    iteration."""

    noise: Tensor
    loss: Tensor
    before: Tensor
    history: list[float]


Engine = Callable[[Objective, Tensor], Optimised]
"""Better noise for an objective, from noise (B, 1, p, p) to begin with; never worse than that."""


def centroid(encoder: Encoder, references: Tensor) -> Tensor:
    """mu: the mean of the features of reference images (m, 1, S, S), of any one finding."""
    with torch.no_grad():
        return encoder(references).mean(0)


def on_the_shell(noise: Tensor) -> Tensor:
    """Noise (B, 1, p, p) at the length that Gaussian noise has: a prior knows no other."""
    return noise * (noise[0].numel() ** 0.5 / noise.flatten(1).norm(dim=1).view(-1, 1, 1, 1))


def gradient(objective: Objective, noise: Tensor, iterations: int = ITERATIONS) -> Optimised:
    """The paper's engine: Adam on the noise; an image ends when its best L_P has not fallen for PATIENCE iterations."""
    best, at = Best(noise), noise.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([at], STEP)
    for _ in range(iterations + 1):
        loss = objective(on_the_shell(at))
        best.offer(on_the_shell(at.detach()), loss.detach())
        if best.stalled().all():
            break
        optimiser.zero_grad()
        loss.sum().backward()
        optimiser.step()
    return best.found()


@torch.no_grad()
def search(objective: Objective, noise: Tensor, seed: int = 0) -> Optimised:
    """Best of N, then neighbours of the best at a shrinking angle: forward passes alone.

    All images are offered the same draws, so that none depends on the others of its batch.
    """
    generator = torch.Generator().manual_seed(seed)
    best = Best(noise)
    best.offer(noise, objective(noise))
    for i in range(ROUNDS):
        angle = torch.tensor(torch.pi / 2 if i == 0 else NEAR / i)
        centre = best.noise
        for _ in range(CANDIDATES):
            new = torch.randn(noise[:1].shape, generator=generator).to(noise.device)
            near = on_the_shell(angle.cos() * centre + angle.sin() * new)
            best.offer(near, objective(near))
    return best.found()


class Best:
    """The best noise of each image so far, and how its L_P fell; an image that has stalled keeps what it has."""

    def __init__(self, noise: Tensor) -> None:
        self.noise = noise.clone()
        self.history: list[Tensor] = []
        self.done = torch.zeros(len(noise), dtype=torch.bool, device=noise.device)

    def offer(self, noise: Tensor, loss: Tensor) -> None:
        """Keep of `noise` (B, 1, p, p) the rows whose loss (B,) is the least so far."""
        least = self.history[-1] if self.history else torch.full_like(loss, torch.inf)
        better = (loss < least) & ~self.done
        self.noise = torch.where(better[:, None, None, None], noise, self.noise)
        self.history.append(torch.where(better, loss, least))

    def stalled(self) -> Tensor:
        """Which images saw no fall by FALL in the last PATIENCE iterations, now or before: bool (B,)."""
        if len(self.history) > PATIENCE:
            self.done |= self.history[-1] > (1 - FALL) * self.history[-1 - PATIENCE]
        return self.done

    def found(self) -> Optimised:
        history = torch.stack(self.history)
        return Optimised(self.noise, history[-1], history[0], history.mean(1).tolist())


ENGINES: dict[str, Engine] = {"gradient": gradient, "search": search}


@dataclass(frozen=True)
class ReferenceGuidance:
    """References of rare findings toward which edits are guided, and the engine that does so.

    centroids: finding -> centroid (d,) of its references in the encoder's space; encoder_name says whose space it is;
    count: how many references a centroid has, where that is one number.
    """

    encoder: Encoder
    centroids: Mapping[str, Tensor]
    engine: Engine
    engine_name: str
    encoder_name: str = ""
    count: int | None = None

    def toward(self, request: Findings) -> str | None:
        """The one finding that a request wants present, if there are references of it."""
        present = [f.name for f in request if f.state == "present"]
        return present[0] if len(present) == 1 and present[0] in self.centroids else None

    def notes(self, found: Optimised) -> list[dict[str, Any]]:
        """What the records of edits say of their optimisation: engine, encoder, and L_P before and after."""
        about = {"engine": self.engine_name, "encoder": self.encoder_name, "references": self.count}
        return [
            {"pulled": {**about, "distance": {"before": round(float(before), 4), "after": round(float(after), 4)}}}
            for before, after in zip(found.before, found.loss, strict=True)
        ]

    def noise(
        self,
        editor: CausalDisentanglementEditor,
        images: Tensor,
        request: Findings,
        noise: Tensor,
        strength: float,
        negative: Findings | None = None,
    ) -> Optimised | None:
        """Better noise for edits of images (B, 1, S, S) than noise (1 or B, 1, p, p); None where nothing pulls."""
        name = self.toward(request)
        if name is None or strength == 0:
            return None
        objective = Objective(editor, self.encoder, self.centroids[name], images, request, strength, negative)
        return self.engine(objective, noise.expand(len(images), -1, -1, -1))
