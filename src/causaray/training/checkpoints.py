"""Checkpoints on the disk: written while the training goes on, whole or not at all, the last ones and the best kept."""

import os
import pickle
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from causaray.errors import BadInput

State = dict[str, Any]


class Checkpoints:
    """The checkpoints of one run: out/<name>.pt is the last one.

    Of `keep` > 1 also out/<name>-00001500.pt and so on, the last `keep`, and out/<name>-best.pt, that of the least
    loss since the one before.
    """

    def __init__(self, out: Path, name: str, keep: int) -> None:
        self.path = out / f"{name}.pt"
        self._keep, self._best = keep, float("inf")
        self._pool = ThreadPoolExecutor(1, "checkpoint")
        self._writing: Future[None] | None = None

    def load(self) -> State | None:
        """The last one, None where there is none. Raises BadInput for a file that is none."""
        if not self.path.exists():
            return None
        try:
            state: State = torch.load(self.path, map_location="cpu", weights_only=True)
            self._best = float(state.get("best", self._best))
        except (RuntimeError, ValueError, AttributeError, OSError, EOFError, pickle.UnpicklingError) as error:
            raise not_ours(self.path) from error
        return state

    def save(self, state: State, loss: float | None = None) -> None:
        """Copy a state and write it in the background, once the one before is written; what failed there is raised."""
        best = loss is not None and loss < self._best
        self._best = min(self._best, self._best if loss is None else loss)
        copied = _copied(state) | {"best": self._best}
        self.wait()
        self._writing = self._pool.submit(self._write, copied, best)

    def wait(self) -> None:
        """Until all is on the disk."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    def close(self) -> None:
        """Until all is on the disk; nothing more comes."""
        try:
            self.wait()
        finally:
            self._pool.shutdown()

    def _write(self, state: State, best: bool) -> None:
        beside = self.path.with_suffix(".tmp")
        with beside.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        if self._keep > 1:
            stem = self.path.stem
            _link(beside, self.path.with_name(f"{stem}-{state['step']:08d}.pt"))
            if best:
                _link(beside, self.path.with_name(f"{stem}-best.pt"))
            numbered = sorted(self.path.parent.glob(f"{stem}-{'[0-9]' * 8}.pt"))
            for old in numbered[: -self._keep]:
                old.unlink()
        os.replace(beside, self.path)


def not_ours(path: Path) -> BadInput:
    """The refusal of a file that holds no checkpoint, or one of other nets."""
    return BadInput(f"{path} is no checkpoint of this recipe; train in another folder, or without it.")


def _link(file: Path, name: Path) -> None:
    """The same file under another name, which costs no space; a copy where the file system has no links."""
    name.unlink(missing_ok=True)
    try:
        os.link(file, name)
    except OSError:
        name.write_bytes(file.read_bytes())


def _copied(value: Any) -> Any:
    """The same, of which nothing changes while the training goes on: tensors are copied to the CPU."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, Mapping):
        return {key: _copied(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copied(one) for one in value)
    return value
