"""A stranger's ONNX model as a classifier; it runs in a process of its own (`child.py`)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256

import numpy as np

from causaray.childprocess import Child, Ended
from causaray.errors import BadInput
from causaray.evaluation.audit.classifier import BATCH, Classifier
from causaray.evaluation.audit.interface import Interface
from causaray.extras import need

LARGEST = 200 * 2**20
"""Bytes of an ONNX file."""
SECONDS = 120.0
"""In which a model must be read, or a batch answered."""


def check_size(size: int) -> None:
    """Raises BadInput for a file of more bytes than are read."""
    if size > LARGEST:
        raise BadInput(f"The model is larger than {LARGEST // 2**20} MiB, which is the most that is read.")


@contextmanager
def onnx_classifier(data: bytes, name: str, stated: Mapping[str, str]) -> Iterator[Classifier]:
    """The classifier in an ONNX file's content, run in a process of its own that ends with the block.

    stated: what the user says in place of the file's metadata, KEYS of `interface`. Raises BadInput for a file that is
    too large, is none, or does not say what its outputs are.
    """
    for package in ("onnx", "onnxruntime"):
        need(package, "audit")
    check_size(len(data))
    child = Child("causaray.evaluation.audit.child", SECONDS)
    try:
        told = _asked(child, {}, data, lambda told: 0)[0]
        interface = Interface.of({**told["metadata"], **stated})
        batch = told["batch"] or BATCH
        digest = sha256(data).hexdigest()
        yield Classifier(name, digest, interface, told["side"], told["channels"], _run_in(child), batch)
    finally:
        child.close()


def _run_in(child: Child) -> Callable[[np.ndarray], np.ndarray]:
    def run(images: np.ndarray) -> np.ndarray:
        told, outputs = _asked(
            child,
            {"shape": images.shape},
            np.ascontiguousarray(images).tobytes(),
            lambda t: 4 * int(np.prod(t["shape"])),
        )
        return outputs.view(np.float32).reshape(told["shape"])

    return run


def _asked(child: Child, asked: dict, data: bytes, length: Callable[[dict], int]) -> tuple[dict, np.ndarray]:
    try:
        told, answer = child.exchange(asked, data, length)
    except Ended:
        raise BadInput(
            f"The model ended its process, or took longer than {SECONDS:g} s; it cannot be audited."
        ) from None
    if "error" in told:
        raise BadInput(told["error"])
    return told, answer
