"""A training of moments: a line fitted to points."""

import torch
from torch import nn

from causaray.training.loop import Task


def task() -> Task:
    torch.manual_seed(0)
    net = nn.Linear(3, 1)
    optimiser = torch.optim.AdamW(net.parameters(), lr=0.05)

    def step(i: int) -> dict[str, float]:
        x = torch.randn(16, 3)
        loss = (net(x) - x.sum(1, keepdim=True)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return {"loss": loss.item()}

    return Task({"net": net}, {"net": optimiser}, step, "net")
