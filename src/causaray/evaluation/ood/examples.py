"""Images that no editor has learned from, made of radiographs: turned, inverted, photographed from a film, or noise."""

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor

ROOM = 0.35
"""Grey of what surrounds a film that is photographed."""


def noise(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Uniform noise of the same shape."""
    return torch.from_numpy(rng.random(images.shape, dtype=np.float32))


def photographed(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Films on a light box: seen from one side, flat, with the room around them and a lamp's reflection."""
    return torch.from_numpy(np.stack([_photograph(one, rng) for one in images[:, 0].numpy()])[:, None])


UNUSUAL: dict[str, Callable[[Tensor, np.random.Generator], Tensor]] = {
    "turned by 90 degrees": lambda images, _: images.rot90(1, (2, 3)),
    "upside down": lambda images, _: images.flip(2),
    "mirrored": lambda images, _: images.flip(3),
    "inverted": lambda images, _: 1 - images,
    "photograph of a film (simulated)": photographed,
    "noise": noise,
}
"""What is made of images (N, 1, S, S) in [0, 1] -> the same shape and range."""


def _photograph(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = len(image)
    corners = _corners(size, rng)
    inside = _seen_from_aside(np.ones_like(image), corners)
    film = _seen_from_aside(0.15 + 0.7 * image, corners)
    return (film + ROOM * (1 - inside) + _reflection(size, rng)).clip(0, 1).astype(np.float32)


def _seen_from_aside(image: np.ndarray, corners: tuple[float, ...]) -> np.ndarray:
    seen = Image.fromarray(image.astype(np.float32)).transform(
        image.shape[::-1], Image.Transform.QUAD, corners, Image.Resampling.BILINEAR
    )
    return np.asarray(seen)


def _corners(size: int, rng: np.random.Generator) -> tuple[float, ...]:
    """Where the corners of the photograph lie on the film: outside it, by 2 to 12 % of its side."""
    far = size * rng.uniform(0.02, 0.12, 8)
    outward = np.array([-1, -1, -1, 1, 1, 1, 1, -1])
    at = np.array([0, 0, 0, size, size, size, size, 0])
    return tuple((at + outward * far).tolist())


def _reflection(size: int, rng: np.random.Generator) -> np.ndarray:
    down, right = np.mgrid[:size, :size] / size
    (y, x), width = rng.uniform(0.2, 0.8, 2), rng.uniform(0.1, 0.25)
    return 0.5 * np.exp(-((down - y) ** 2 + (right - x) ** 2) / (2 * width**2))
