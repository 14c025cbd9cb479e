"""What it costs that a file is decoded in another process: 1,000 DICOM films there against as many here."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.mutated import radiograph
from causaray.imagefiles import read_scan
from causaray.imagefiles.read import read_file
from causaray.memory import keep_freed_memory
from causaray.scan import Scan

HEIGHT, WIDTH = 2500, 2048
"""Pixels of a film of 35 x 43 cm at 0.17 mm."""
FILMS, ROUND, ROUNDS = 10, 50, 20
PREPARED = 128


def ratios() -> dict[str, float]:
    """Seconds apart over seconds here, of whole films and of films made 128 x 128 as `prepare` makes them.

    Rounds take turns, here and there, and the median ratio of two that follow each other counts: other work on the
    machine then tells on both. 1,000 files are read each way.
    """
    keep_freed_memory()  # as the command line does
    with TemporaryDirectory() as folder:
        files = [_film(Path(folder, f"{number}.dcm"), number) for number in range(FILMS)]
        return {
            "read_apart_whole_ratio": _ratio(files, read_scan, lambda file: read_file(file, file)),
            "read_apart_prepared_ratio": _ratio(
                files, lambda file: read_scan(file, PREPARED), lambda file: read_file(file, file).square(PREPARED)
            ),
        }


def _film(path: Path, seed: int) -> Path:
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    noise = np.random.default_rng(seed).normal(0, 0.01, x.shape)
    pixels = (0.5 + 0.4 * np.sin(9 * x) * np.cos(7 * y) + noise).clip(0, 1)
    radiograph(pixels, 12).save_as(path)
    return path


def _ratio(files: list[Path], apart: Callable[[Path], Scan], here: Callable[[Path], Scan]) -> float:
    for way in (apart, here):
        _seconds(files, way, FILMS)  # warm, and the child has started
    return median(_seconds(files, apart, ROUND) / _seconds(files, here, ROUND) for _ in range(ROUNDS))


def _seconds(files: list[Path], way: Callable[[Path], Scan], count: int) -> float:
    start = time.perf_counter()
    for i in range(count):
        way(files[i % len(files)])
    return time.perf_counter() - start
