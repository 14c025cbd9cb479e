"""A small classifier trained by as many processes as torchrun starts: python by_ranks.py COHORT OUT STEPS [LOST].

LOST: a file; the last process ends as if its machine had been lost, once, at step 12, and writes it.
"""

import os
import sys
from pathlib import Path

import torch
from torch import nn

from causaray.classifiers.groups import empirical_risk
from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.classifiers.train import train_classifier
from causaray.cohorts import Cohort
from causaray.training.parallel import rank, ranks, world
from causaray.training.updates import adamw


def train(folder: Path, out: Path, steps: int, lost: Path | None = None) -> None:
    cohort = Cohort.open(folder)
    labels = torch.from_numpy(cohort.labels(["Pleural Effusion"]).copy())
    with ranks(out, "cpu") as (own, _):
        torch.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(1, 8, 5, 4), nn.SiLU(), nn.Flatten(), nn.LazyLinear(1))
        net(torch.zeros(1, 1, cohort.size, cohort.size))
        seen = iter(range(10**6))

        def move(images: torch.Tensor) -> torch.Tensor:
            if lost and next(seen) == 12 and rank() == world() - 1 and not lost.exists():
                lost.touch()
                os._exit(1)
            return images

        source = LabelledRows(cohort.images, labels, even(len(cohort)), epochs=True)
        train_classifier(
            net, source, empirical_risk(), adamw(net, 1e-3), move,
            batch=16, steps=steps, seed=1, out=own, name="net", checkpoint_every=5 if steps < 100 else 500,
        )  # fmt: skip
        if rank() == 0:
            torch.save(net.state_dict(), out / "weights.pt")


if __name__ == "__main__":
    train(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), *map(Path, sys.argv[4:]))
