"""Small made cohorts: noise images of different shapes, and a table."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Row = dict[str, object]
MakeCohort = Callable[..., Path]


@pytest.fixture
def make_cohort(tmp_path: Path) -> MakeCohort:
    """make_cohort(name, rows): a folder with an image for each row's "image", and metadata.csv of the rows."""

    def make(
        name: str, rows: list[dict[str, object]], table: str | None = "metadata.csv", header: str = "image"
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for seed, row in enumerate(rows):
            write_image(folder / str(row[header]), seed)
        if table is not None:
            write_table(folder / table, rows)
        return folder

    return make


def write_image(path: Path, seed: int) -> None:
    """An 8-bit grey noise image of 48 x (40 to 46) pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 40 + seed % 7), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def write_table(path: Path, rows: list[Row]) -> None:
    lines = [list(rows[0]), *(row.values() for row in rows)]
    path.write_text("\n".join(",".join(map(str, line)) for line in lines) + "\n", encoding="utf-8")
