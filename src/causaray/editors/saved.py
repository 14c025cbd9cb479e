"""Weights folders: config.json and model.safetensors, written whole and read without a pickle."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import nn

from causaray import weightfiles
from causaray.errors import BadInput
from causaray.writing import make_folder, whole_file

Net = TypeVar("Net", bound=nn.Module)


def save_weights(net: nn.Module, config: Mapping[str, Any], folder: Path, half: bool = False) -> None:
    """Write config.json and model.safetensors into `folder`, made where it is missing.

    half: store 16 of the 32 bits of each number, half of the megabytes; a net that is filled works with 32 again.
    """
    make_folder(folder)
    with whole_file(folder / weightfiles.MODEL) as beside:
        # Not save_file: what it writes nobody but its owner may read, whatever the umask says.
        stored = {name: value.half() if half else value for name, value in net.state_dict().items()}
        beside.write_bytes(to_bytes({name: value.contiguous() for name, value in stored.items()}))
    with whole_file(folder / weightfiles.CONFIG) as beside:
        beside.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_weights(
    folder: Path, method: str, build: Callable[[dict[str, Any]], Net], part: str = ""
) -> tuple[Net, dict[str, Any]]:
    """The net that `build` makes of config.json, filled, and that configuration.

    part: where the net is a part of what was saved, what the names of its numbers begin with, such as "autoencoder.".
    Raises BadInput when the folder holds no weights, or those of another `method` than asked for.
    """
    config = weightfiles.config(folder)
    if config.get("method") != method:
        raise BadInput(f"{folder} holds weights of method {config.get('method')}; here {method} is needed.")
    try:
        net = build(config)
        held = load_file(folder / weightfiles.MODEL)
        net.load_state_dict({name.removeprefix(part): value for name, value in held.items() if name.startswith(part)})
    except (KeyError, TypeError, ValueError, RuntimeError, OSError, SafetensorError) as error:
        raise BadInput(f"{folder} does not hold whole weights of method {method}; train them again.") from error
    return net, config
