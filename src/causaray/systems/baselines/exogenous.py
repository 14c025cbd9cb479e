"""Train a deep structural causal model findings -> image: a conditional VAE whose noise is kept from the findings.

Left to itself such a VAE keeps the findings in its noise and passes over what it is told of them: then abduction keeps
them, and no action moves them. As the model says that its noise is independent of them, an adversary that reads them
from it is trained beside, and the encoder against it (Lample et al. 2017, Fader Networks). That misleads this one
adversary; a reader that learns afterwards may still find them.
"""

from pathlib import Path

import torch
from torch import Tensor

from causaray.nets.ladder import SMALLEST, Ladder, LadderShape
from causaray.nets.losses import label_evidence, masked_bce
from causaray.nets.noise_probe import NoiseProbe
from causaray.systems.baselines.conditional_vae import Config, VariationalEditor, negative_elbo
from causaray.training.loop import Task, run
from causaray.training.recipe import Recipe, Run
from causaray.training.source import Batches, Source
from causaray.training.updates import adamw, update

CHANNELS, DEVIATION, CLIP = 4, 0.06, 0.1
"""Maps of noise, all on one rung; deviation of the pixels from the mean; largest gradient norm."""
LEAK, READINGS, RATE = 0.01, 2, 1e-3
"""Weight of what the adversary reads, once a quarter of the training is over; its updates in each of ours; its rate."""
FOOLED = 1.0
"""The adversary is misled no further than to this loss: beyond it noise out of all bounds would be the cheapest way."""


def train_exogenous(
    source: Source, names: tuple[str, ...], plan: Recipe, out: Path, folder: Path, about: dict[str, object]
) -> None:  # fmt: skip
    """Of a recipe's size, and in stage 1's batches and updates; weights go to `folder`. Resumes what `out` holds."""
    shape = LadderShape(plan.size, (SMALLEST,), CHANNELS, plan.latent.width)
    ladder = Ladder(shape, source.n).to(source.device)
    learn(ladder, source, source.n, plan.stage1, plan.seed, out)
    VariationalEditor(ladder.cpu(), Config(folder.name, names, shape, plan.graded)).save(folder, **about)


def learn(ladder: Ladder, source: Batches, n: int, plan: Run, seed: int, out: Path) -> None:
    """Leaves the average of the training in `ladder`, of one rung and n findings. All that is known of them is told."""
    (rung,) = ladder.shape.rungs
    probe = NoiseProbe(ladder.shape.channels * rung**2, n).to(source.device)
    optimiser, draw = adamw(ladder, plan.lr), source.batches(plan.batch, seed)
    reader = torch.optim.AdamW(probe.parameters(), lr=RATE, betas=(0.5, 0.9))

    def unread(noise: Tensor, present: Tensor, i: int) -> Tensor:
        """Minus the loss of the adversary, which has learned from the same noise."""
        probe.requires_grad_(True)
        for _ in range(READINGS):
            update(masked_bce(probe(noise.detach()), present), reader, clip=10.0)
        probe.requires_grad_(False)
        return -LEAK * min(1.0, 4 * i / plan.steps) * masked_bce(probe(noise), present).clamp(max=FOOLED)

    def step(i: int) -> dict[str, float]:
        batch = draw(i)
        present = torch.where(batch.labels.isnan(), batch.labels, (batch.labels > 0).float())
        with source.precision():
            reconstruction, posteriors = ladder(batch.images, label_evidence(batch.labels))
        losses = negative_elbo(batch.images, reconstruction, posteriors, DEVIATION)
        losses["unread"] = unread(posteriors[0].sample(), present, i)
        update(torch.stack(list(losses.values())).sum(), optimiser, CLIP)
        return {name: float(loss.detach()) for name, loss in losses.items()}

    task = Task({"net": ladder, "probe": probe}, {"net": optimiser, "probe": reader}, step, "net")
    ladder.load_state_dict(run(task, plan.steps, out, "exogenous"))
