"""How much of an image survives the autoencoder."""

import torch
from torch import Tensor


def psnr(x: Tensor, y: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB of each pair of images (B, 1, H, W) in [0, 1]: (B,)."""
    return -10 * (x - y).square().mean((1, 2, 3)).log10()


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """Structural similarity (Wang et al. 2004, Gaussian window of 11, sigma 1.5) of each pair of images: (B,)."""
    from torchmetrics.functional.image import structural_similarity_index_measure

    return torch.as_tensor(structural_similarity_index_measure(x, y, data_range=1.0, reduction="none"))


def summary(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """PSNR and SSIM a pair, in batches so that memory stays small."""
    pairs = list(zip(x.split(64), y.split(64), strict=True))
    return {
        "psnr": torch.cat([psnr(a, b) for a, b in pairs]),
        "ssim": torch.cat([ssim(a, b).reshape(-1) for a, b in pairs]),
    }
