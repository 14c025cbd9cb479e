"""A chest encoder that nobody has trained, small enough for a test."""

from pathlib import Path

import torch

from causaray.classifiers.encoders import METHOD
from causaray.editors.saved import save_weights
from causaray.nets.encoder import ChestEncoder

VIEWS = (("small", 32),)


def save_tiny_encoder(folder: Path, names: tuple[str, ...] = ("Pneumothorax", "Hernia")) -> Path:
    """Write an encoder of these findings, with a centroid of all but the last, and return its folder."""
    torch.manual_seed(0)
    encoder = ChestEncoder(len(names), VIEWS, 8, dim=16).eval()
    images = torch.rand(64, 1, 64, 64)
    with torch.no_grad():
        encoder.fit(encoder.raw(images), encoder.guide(images).mean(1))
        for i in range(len(names) - 1):
            encoder.centroids[i] = encoder(images[5 * i : 5 * i + 5]).mean(0)
    config = {
        "method": METHOD, "name": "tiny-encoder", "names": list(names), "views": VIEWS, "width": 8,
        "dim": 16, "references": dict.fromkeys(names[:-1], 5),
    }  # fmt: skip
    save_weights(encoder, config, folder)
    return folder
