"""Reconstruction, as metrics.json holds it."""

from typing import Any

import torch

from causaray.evaluation.context import Context
from causaray.evaluation.measures.reconstruction import summary
from causaray.evaluation.statistics.bootstrap import mean_interval


def measure(context: Context) -> dict[str, Any] | None:
    """How much of an image survives the autoencoder: "psnr" (dB) and "ssim".

    None for a folder of edited images, and for editors that have no autoencoder, whose reconstruction is the image.
    """
    if context.own is None or torch.equal(context.edited.reconstruction, context.edited.factual):
        return None
    values = summary(context.edited.reconstruction, context.edited.factual)
    return {k: mean_interval(v.numpy(), context.patients, seed=context.seed) for k, v in values.items()}
