"""A film of a synthetic radiograph as a GIF that plays to and fro, each frame marked."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from causaray.imagefiles.dicom.burn_in import burn_in
from causaray.writing import whole_file

MILLISECONDS = 80  # a frame
SMALLEST = 256  # side in pixels, so that the mark can be read and does not hide the lungs


def write_film(frames: np.ndarray, path: str | Path, mark: str) -> None:
    """Write frames (F, H, W) in [0, 1] as a GIF that goes there and back for ever, `mark` burned into every one.

    Raises BadInput when the file cannot be written.
    """
    forth = [_picture(frame, mark) for frame in frames]
    first, *others = [*forth, *forth[-2:0:-1]]
    encoded = BytesIO()
    first.save(encoded, "GIF", save_all=True, append_images=others, duration=MILLISECONDS, loop=0)
    with whole_file(path) as beside:
        beside.write_bytes(encoded.getvalue())


def _picture(frame: np.ndarray, mark: str) -> Image.Image:
    times = max(1, -(-SMALLEST // min(frame.shape)))
    large = Image.fromarray(frame.astype(np.float32)).resize(
        (times * frame.shape[1], times * frame.shape[0]), Image.Resampling.BICUBIC
    )
    return Image.fromarray(np.rint(burn_in(np.asarray(large).clip(0, 1), mark) * 255).astype(np.uint8))
