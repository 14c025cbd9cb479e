"""MorphoMNIST digits with their stroke thickness and intensity: the published files, or one .npz."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.morphomnist.idx import read_idx
from causaray.errors import BadInput

SIDE, SIZE, CLASSES = 28, 32, 10
"""Pixels a side as published, and with the black margin that makes them a power of two; digit classes."""
HELD_OUT = 0.2
KEYS = ("images", "thickness", "intensity", "digit")


@dataclass(frozen=True, eq=False)
class Digits:
    """N digits: images uint8 (N, 28, 28), digit (N,), float32 thickness (N,) in px, intensity (N,) in grey levels."""

    images: np.ndarray
    thickness: np.ndarray
    intensity: np.ndarray
    digit: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: np.ndarray) -> "Digits":
        """The digits of the given rows (numbers or a boolean mask), copied."""
        return Digits(self.images[rows], self.thickness[rows], self.intensity[rows], self.digit[rows])

    def observation(self) -> dict[str, Tensor]:
        """image (N, 1, 32, 32) in [0, 1], thickness (N, 1), intensity (N, 1), digit one-hot (N, 10): float32."""
        digit = torch.from_numpy(self.digit.astype(np.int64))
        return {
            "image": pad(torch.from_numpy(self.images[:, None].astype(np.float32) / 255)),
            "thickness": torch.from_numpy(self.thickness[:, None]),
            "intensity": torch.from_numpy(self.intensity[:, None]),
            "digit": torch.nn.functional.one_hot(digit, CLASSES).float(),
        }


def pad(images: Tensor) -> Tensor:
    """(N, 1, 28, 28) -> (N, 1, 32, 32) with a black margin."""
    return torch.nn.functional.pad(images, [(SIZE - SIDE) // 2] * 4)


def crop(images: Tensor) -> Tensor:
    """The inverse of `pad`."""
    margin = (SIZE - SIDE) // 2
    return images[..., margin:-margin, margin:-margin]


def read_digits(source: Path, part: str = "train") -> Digits:
    """Read `source`: an .npz with images, thickness, intensity and digit, or a folder of the published files.

    Those are <part>-images-idx3-ubyte.gz, <part>-labels-idx1-ubyte.gz and <part>-morpho.csv with columns thickness and
    intensity; `part` is train or t10k. Raises BadInput for what is missing, broken or does not belong together.
    """
    source = Path(source)
    return _checked(source, _published(source, part) if source.is_dir() else _archive(source))


def split(digits: Digits, seed: int = 0) -> tuple[Digits, Digits]:
    """Digits to train on and a fifth that is held out, drawn by `seed`: 20,000 and 5,000 of the 25,000 given."""
    order = np.random.default_rng(seed).permutation(len(digits))
    held_out = round(len(digits) * HELD_OUT)
    return digits.take(np.sort(order[held_out:])), digits.take(np.sort(order[:held_out]))


def _published(folder: Path, part: str) -> dict[str, np.ndarray]:
    import pandas as pd

    table = folder / f"{part}-morpho.csv"
    images = read_idx(folder / f"{part}-images-idx3-ubyte.gz", ndim=3)
    digit = read_idx(folder / f"{part}-labels-idx1-ubyte.gz", ndim=1)
    try:
        columns = pd.read_csv(table)
    except (OSError, ValueError) as error:
        raise BadInput(f"{table} cannot be read ({error}); it should be a CSV table with a row an image.") from error
    lacking = [name for name in ("thickness", "intensity") if name not in columns]
    if lacking:
        raise BadInput(f"{table} has no column {lacking[0]}; its columns are {', '.join(columns)}.")
    return {"images": images, "digit": digit, **{k: columns[k].to_numpy() for k in ("thickness", "intensity")}}


def _archive(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            lacking = [key for key in KEYS if key not in archive]
            if lacking:
                raise BadInput(f"{path} has no array {lacking[0]}; it should hold {', '.join(KEYS)}.")
            return {key: archive[key] for key in KEYS}
    except (OSError, ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path} is no .npz file of digits ({error}).") from error


def _checked(source: Path, arrays: dict[str, np.ndarray]) -> Digits:
    images, digit = arrays["images"], arrays["digit"]
    if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE):
        raise BadInput(f"{source} holds images {images.dtype} {images.shape}; digits are uint8 (N, {SIDE}, {SIDE}).")
    counts = {key: len(arrays[key]) for key in KEYS}
    if len(set(counts.values())) != 1:
        said = ", ".join(f"{count} {key}" for key, count in counts.items())
        raise BadInput(f"{source} holds {said}; there should be one of each an image.")
    if len(digit) and (digit.min() < 0 or digit.max() >= CLASSES):
        raise BadInput(f"{source} holds a digit {digit.max()}; digits are 0 to {CLASSES - 1}.")
    try:
        numbers = {key: arrays[key].astype(np.float32) for key in ("thickness", "intensity")}
    except ValueError as error:
        raise BadInput(f"{source} has a thickness or intensity that is no number ({error}).") from error
    unknown = [key for key, column in numbers.items() if not np.isfinite(column).all()]
    if unknown:
        raise BadInput(f"{source} has rows without {unknown[0]}; every image needs one.")
    return Digits(images, numbers["thickness"], numbers["intensity"], digit)
