"""Nets that were never trained, of which every part has an effect."""

from typing import TypeVar

from torch import nn

Net = TypeVar("Net", bound=nn.Module)


def woken(net: Net, std: float = 0.05) -> Net:
    """The net, its zero-initialised parts drawn anew: else untrained nets do nothing along some of their paths."""
    for p in net.parameters():
        if p.abs().max() == 0:
            nn.init.normal_(p, std=std)
    return net
