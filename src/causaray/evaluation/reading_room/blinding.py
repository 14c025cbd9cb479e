"""Making images alike, so that neither name, size, time nor sharpness tells what they are."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from causaray.evaluation.reading_room.films import Film
from causaray.imagefiles import read_scan

TIME = 946684800
"""When all images say that they were written: the first of January 2000."""
Progress = Callable[[int, int], None]


def shuffled(films: Sequence[Film], seed: int) -> dict[str, Film]:
    """The films in an order drawn by the seed, under names that tell nothing: 001.png, 002.png, ..."""
    order = np.random.default_rng([seed, 1]).permutation(len(films))
    width = max(3, len(str(len(films))))
    return {f"{number:0{width}}.png": films[i] for number, i in enumerate(order, 1)}


def detail(films: Sequence[Film]) -> int:
    """The longer side in pixels of the least detailed image."""
    return min(max(read_scan(film.file).pixels.shape) for film in films)


def write_alike(films: dict[str, Film], folder: Path, side: int, coarsest: int, progress: Progress) -> None:
    """Write every film as a grey PNG of 8 bits and (side, side) pixels, all files of one size and one time.

    Each is letterboxed to the detail of the coarsest and enlarged from there, bicubic: else an untouched film would be
    told from an edited one by its sharpness. The files are not compressed, as edits compress better than films.
    """
    for done, (name, film) in enumerate(films.items(), 1):
        pixels = read_scan(film.file).square(min(coarsest, side)).square(side).pixels
        Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(folder / name, format="PNG", compress_level=0)
        os.utime(folder / name, (TIME, TIME))
        progress(done, len(films))
