"""A film is there and back, and marked."""

from pathlib import Path

import numpy as np
from PIL import Image

from causaray.imagefiles.film import MILLISECONDS, SMALLEST, write_film


def test_a_film_goes_there_and_back_with_every_frame_marked(tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    write_film(np.linspace(0.2, 0.6, 4)[:, None, None] * np.ones((4, 64, 64)), path, "SYNTHETIC")
    with Image.open(path) as film:
        assert film.n_frames == 6 and film.size == (SMALLEST, SMALLEST) and film.info["duration"] == MILLISECONDS
        for i in range(film.n_frames):
            film.seek(i)
            corner = np.asarray(film.convert("L"))[-12:, :40]
            assert corner.max() > 200 and corner.min() < 20, "white letters on black"
