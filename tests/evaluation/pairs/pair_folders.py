"""Folders of edited pairs, as somebody else's editor would leave them."""

from pathlib import Path

import numpy as np

from causaray.cohorts import Cohort
from causaray.cohorts.drawn import requests
from causaray.imagefiles import write_png
from causaray.scan import Scan


def edited_folder(folder: Path, cohort: Path, added: np.ndarray, removed: np.ndarray | None = None) -> Path:
    """The edits of the pairs of a cohort, (n, 1, S, S) in [0, 1] each, as images and edits.csv."""
    folder.mkdir()
    pairs, rows = Cohort.open(cohort), ["image,finding,state,file"]
    sides = {"present": added} | ({} if removed is None else {"absent": removed})
    for i, ((request,), image) in enumerate(zip(requests(pairs), pairs.table["image"], strict=True)):
        for state, images in sides.items():
            write_png(Scan(images[i, 0]), folder / f"{i}-{state}.png")
            rows.append(f"{image},{request.name},{state},{i}-{state}.png")
    (folder / "edits.csv").write_text("\n".join(rows) + "\n")
    return folder
