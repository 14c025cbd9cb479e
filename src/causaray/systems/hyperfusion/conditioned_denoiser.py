"""A table as the condition of a denoiser: low-rank layers that it generates, before and behind a net that stays still.

    v(z, t | table) = v' + L2(v'; e) + m(e),   v' = v(z + L1(z; e), t)

L1 and L2 are U(e) V(e) of `hyper_layer`, m is linear, and e = 0 where nothing of the table is known: without a table
the denoiser is exactly the unconditional one, so that classifier-free guidance needs no second training.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from causaray.diffusion.sampler import Denoiser
from causaray.nets.tabular import Column, TabularEncoder
from causaray.systems.hyperfusion.hyper_layer import LowRankHyperConv2d


class TableCondition(nn.Module):
    """Conditions any denoiser of z (B, channels, H, W) on the values (B, C) of a table, NaN where missing."""

    def __init__(self, columns: Sequence[Column], channels: int, embedding: int = 8, rank: int = 4) -> None:
        super().__init__()
        self.table = TabularEncoder(columns, embedding)
        self.before, self.behind = (
            LowRankHyperConv2d(embedding, channels, channels, kernel=3, padding=1, rank=rank) for _ in range(2)
        )
        for layer in (self.before, self.behind):
            nn.init.dirac_(layer.plain.weight)  # the plain part is the identity, and stays it
            nn.init.zeros_(layer.plain.bias)  # type: ignore[arg-type]
            layer.plain.requires_grad_(False)
        self.shift = nn.Linear(embedding, channels, bias=False)
        nn.init.zeros_(self.shift.weight)

    def embed(self, values: Tensor) -> Tensor:
        """e (B, embedding), 0 where every column is missing."""
        e: Tensor = self.table(values)
        return e.masked_fill(values.isnan().all(1, keepdim=True), 0)

    def denoiser(self, unconditional: Denoiser, values: Tensor) -> Denoiser:
        """v(z, t | table) of v(z, t)."""

        def conditioned(z: Tensor, t: Tensor) -> Tensor:
            e = self.embed(values)
            made: Tensor = self.behind(unconditional(self.before(z, e), t), e)
            return made + self.shift(e)[:, :, None, None]

        return conditioned
