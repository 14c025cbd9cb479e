"""Pairs as files, for editors that read files: the films, the true counterfactuals, the shares, and a table."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from causaray.cohorts.cohort import Cohort
from causaray.cohorts.drawn import requests, truths
from causaray.writing import make_folder, whole_file

TABLE = "pairs.csv"
COLUMNS = ("image", "finding", "state", "severity", "side", "location", "request", "film", "truth", "share")


def write_images(pairs: Cohort, out: Path) -> None:
    """Write films/, truth/ and share/ (8-bit PNG, one of each a pair, of one name) and pairs.csv to `out`.

    The truth is the image that an edit is measured against, so nothing is burned into it; its name says that it is
    synthetic.
    """
    truth, share = truths(pairs)
    folders = {"film": out / "films", "truth": out / "truth-synthetic", "share": out / "share"}
    for folder in folders.values():
        make_folder(folder)
    with whole_file(out / TABLE) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for i, request in enumerate(requests(pairs)):
            name = pairs.table["image"].iloc[i]
            for kind, sheet in (("film", pairs.images([i])), ("truth", truth[i : i + 1]), ("share", share[i : i + 1])):
                with whole_file(folders[kind] / name) as part:
                    Image.fromarray(np.rint(sheet[0, 0] * 255).astype(np.uint8)).save(part, "PNG")
            (one,) = request
            table.writerow({
                "image": name, "finding": one.name, "state": "present", "severity": one.severity, "side": one.side,
                "location": one.location, "request": one.to_text(),
                **{kind: f"{folder.name}/{name}" for kind, folder in folders.items()},
            })  # fmt: skip
