"""One training in several processes, as torchrun starts them: each learns from its part of every batch.

What is trained is the same in all of them: gradients are averaged before every update, and so are buffers after it. Of
one process nothing here does anything.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous

from causaray.cohorts.batches import Batch
from causaray.devices import backend_of, local_device, meeting_place
from causaray.errors import BadInput


def started() -> bool:
    """Whether torchrun has started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


@contextmanager
def ranks(out: Path, device: str) -> Iterator[tuple[Path, str]]:
    """Join the other processes; gives the folder that this one writes to, and its device.

    The first one writes to `out`. What the others write is the same, and vanishes; what they go on from comes from the
    first. Without torchrun nothing is joined.
    """
    if not started():
        yield out, device
        return
    own = local_device(device, int(os.environ.get("LOCAL_RANK", "0")))
    _join(backend_of(own))
    try:
        if rank() == 0:
            yield out, own
        else:
            with TemporaryDirectory(prefix="causaray-rank-") as folder:
                yield Path(folder), own
        dist.barrier()
    finally:
        dist.destroy_process_group()


def _join(backend: str) -> None:
    """Meet the other processes, anew after each restart.

    The store that torchrun keeps still holds the addresses of processes that were lost (torch 2.13, `--standalone` and
    `--rdzv-backend c10d`), and those that are started again would try to reach them there.
    """
    store, own, count = next(rendezvous("env://"))
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    dist.init_process_group(backend, store=dist.PrefixStore(f"attempt {attempt}", store), rank=own, world_size=count)


def world() -> int:
    """How many processes train."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is; the first is 0."""
    return dist.get_rank() if world() > 1 else 0


def own_share(n: int) -> slice:
    """The part of n images that is this process's; pairs stay together. Raises BadInput where they cannot be shared."""
    if world() == 1:
        return slice(0, n)
    if n % (2 * world()):
        raise BadInput(
            f"A batch of {n} cannot be shared by {world()} processes; it should be a multiple of {2 * world()}."
        )
    each = n // world()
    return slice(rank() * each, (rank() + 1) * each)


def shared(batch: Batch) -> Batch:
    """This process's part of a batch."""
    if world() == 1:
        return batch
    part = own_share(len(batch.images))
    return replace(
        batch, images=batch.images[part], labels=batch.labels[part], donor=batch.donor[part] - part.start,
        rows=batch.rows[part],
    )  # fmt: skip


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Put the mean of all processes' gradients in the place of each one's."""
    if world() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    _average(gradients)


def average_buffers(modules: Mapping[str, nn.Module]) -> None:
    """Put the mean of all processes' buffers, such as running means, in the place of each one's."""
    if world() > 1:
        _average([b for module in modules.values() for b in module.buffers() if b.is_floating_point()])


def average_losses(losses: Mapping[str, float]) -> dict[str, float]:
    """The mean over all processes of each loss."""
    if world() == 1:
        return dict(losses)
    values = torch.tensor(list(losses.values()), dtype=torch.float64, device=place())
    dist.all_reduce(values)
    return dict(zip(losses, (values / world()).tolist(), strict=True))


def anybody(said: bool) -> bool:
    """Whether any process says so."""
    if world() == 1:
        return said
    told = torch.tensor(int(said), device=place())
    dist.all_reduce(told, dist.ReduceOp.MAX)
    return bool(told.item())


def from_first(value: Any) -> Any:
    """What the first process holds: numbers, texts and tensors on the CPU."""
    if world() == 1:
        return value
    held = [value if rank() == 0 else None]
    dist.broadcast_object_list(held, 0)
    return held[0]


def gathered(part: Tensor) -> Tensor:
    """The parts of all processes (n, ...), one after the other, in each of them."""
    if world() == 1:
        return part
    sent = part.contiguous()
    if part.dtype == torch.bfloat16:  # which gloo does not know
        sent = sent.view(torch.uint8)
    parts = [torch.empty_like(sent) for _ in range(world())]
    dist.all_gather(parts, sent)
    return torch.cat(parts).view(part.dtype)


def _average(tensors: list[Tensor]) -> None:
    """In one message, as many small ones take longer."""
    if not tensors:
        return
    flat = torch.cat([t.detach().reshape(-1).float() for t in tensors])
    dist.all_reduce(flat)
    flat /= world()
    for tensor, mean in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
        tensor.detach().copy_(mean.view_as(tensor))


def place() -> torch.device:
    """Where tensors lie that processes exchange."""
    return meeting_place(dist.get_backend())
