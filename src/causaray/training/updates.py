"""The optimiser of the trainings here, and one update with it."""

import torch
from torch import Tensor, nn

from causaray.training.parallel import average_gradients


def adamw(net: nn.Module, lr: float, decay: float = 1e-3) -> torch.optim.AdamW:
    """AdamW over what learns in net."""
    learning = [p for p in net.parameters() if p.requires_grad]
    return torch.optim.AdamW(learning, lr=lr, betas=(0.9, 0.99), weight_decay=decay)


def update(loss: Tensor, optimiser: torch.optim.Optimizer, clip: float) -> None:
    """One optimiser step down the gradient of loss, averaged over the processes that train, its norm clipped."""
    optimiser.zero_grad()
    loss.backward()
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    average_gradients(parameters)
    nn.utils.clip_grad_norm_(parameters, clip)
    optimiser.step()
