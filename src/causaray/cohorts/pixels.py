"""Many images as one file of pixels: read side by side, written in the order of the studies."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from causaray.errors import BadInput
from causaray.study import Study

Progress = Callable[[int, int], None]


def write_pixels(
    studies: Sequence[Study], path: Path, size: int, jobs: int = 2, progress: Progress | None = None
) -> dict[int, str]:
    """Write the readable images, letterboxed, as uint8 (n, size, size) to the .npy file `path`.

    Returns {index in `studies`: reason} of the images that cannot be read, which are left out. `jobs` images are read
    at a time; `progress(done, total)` is called after each.
    """
    pixels = open_memmap(path, "w+", np.uint8, (len(studies), size, size))

    def write(i: int) -> str | None:
        try:
            pixels[i] = np.rint(studies[i].scan(size).pixels * 255)
        except BadInput as error:
            return str(error)
        return None

    bad: dict[int, str] = {}
    pool = ThreadPoolExecutor(jobs)  # threads: each waits for a process that decodes and scales
    try:
        for i, reason in enumerate(pool.map(write, range(len(studies)))):
            bad |= {i: reason} if reason is not None else {}
            if progress is not None:
                progress(i + 1, len(studies))
    finally:
        pool.shutdown(cancel_futures=True)  # else Ctrl-C would wait for all that is queued
    pixels.flush()
    if bad:
        leave_out(bad, pixels, path)
    return bad


def leave_out(bad: Collection[int], pixels: np.memmap, path: Path) -> None:
    """Write the file anew without the rows of these numbers, of which nothing could be read."""
    smaller = path.with_suffix(".smaller")
    kept = open_memmap(smaller, "w+", np.uint8, (len(pixels) - len(bad), *pixels.shape[1:]))
    for to, i in enumerate(i for i in range(len(pixels)) if i not in bad):
        kept[to] = pixels[i]
    kept.flush()
    smaller.replace(path)
