"""Where models run: the only file that knows the names of devices."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from causaray.errors import BadInput

if TYPE_CHECKING:
    import torch

AUTO = "auto"
KINDS = "auto, cpu, cuda, cuda:N or mps"


def resolved(name: str = AUTO) -> "torch.device":
    """The device that a name means: "auto" is a GPU where there is one, else the CPU.

    Raises BadInput for a name of none, and for a device that this machine does not have.
    """
    import torch

    if name == AUTO:
        kinds = (("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available()), ("cpu", True))
        return torch.device(next(kind for kind, there in kinds if there))
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BadInput(f'There is no device "{name}"; name one of {KINDS}.') from error
    there = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if device.type not in there:
        raise BadInput(f'There is no device "{name}"; name one of {KINDS}.')
    if (device.index or 0) >= there[device.type]:
        raise BadInput(f"This machine has no {name}; leave --device out, or say --device cpu.")
    return device


def autocast(device: "torch.device", bf16: bool) -> AbstractContextManager[None]:
    """The forward pass in bfloat16 where that is asked for, and single precision elsewhere."""
    import torch

    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16)


def local_device(name: str, number: int) -> str:
    """Of one process of several on a machine, the device: its own GPU where there are GPUs, else as named."""
    device = resolved(name)
    if device.type != "cuda" or device.index is not None:
        return str(device)
    import torch

    torch.cuda.set_device(number)
    return f"cuda:{number}"


def backend_of(name: str) -> str:
    """How processes on such devices talk to each other."""
    return "nccl" if name.startswith("cuda") else "gloo"


def meeting_place(backend: str) -> "torch.device":
    """Where tensors lie that processes exchange."""
    import torch

    return torch.device("cpu") if backend == "gloo" else torch.device("cuda", torch.cuda.current_device())


def wait_for(device: "torch.device") -> None:
    """Until a GPU has done what it was asked; of a CPU nothing is to be waited for."""
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)


def random_states() -> "list[torch.Tensor]":
    """The state of the generator of each GPU, so that a training goes on as if it had never stopped."""
    import torch

    return torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []


def set_random_states(states: "Sequence[torch.Tensor]") -> None:
    """Put back what `random_states` gave, as far as there are as many GPUs as then."""
    import torch

    if states and len(states) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(list(states))
