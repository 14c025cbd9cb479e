"""Measure the net of coordinates: lungs against people's outlines, the cardiothoracic ratio, doubt, and its speed.

`python -m causaray.evaluation.anatomy.reading` writes anatomy.md and anatomy.json.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
from torch import Tensor

from causaray import __version__
from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.reader import SHIPPED, AnatomyReader
from causaray.anatomy.signs import widths
from causaray.anatomy.training.phantoms import phantoms
from causaray.anatomy.training.views import altered, overlaid
from causaray.cohorts import Cohort
from causaray.evaluation.anatomy.damage import DAMAGE
from causaray.evaluation.anatomy.page import page
from causaray.evaluation.measured import command_of, run, write_results
from causaray.evaluation.statistics.auroc import auroc_interval
from causaray.evaluation.statistics.bootstrap import Estimate, mean_interval
from causaray.imagefiles import read_scan

NORMAL_RATIO = 0.55
"""Below it a heart is not called large on the films that radiologists read as normal."""
_LATERAL = ("LL", "L", "Lateral")


def outlines(reader: AnatomyReader, table: Path, behind_heart: bool) -> dict[str, Any]:
    """Dice coefficient of both lungs against masks: median, 10th percentile and mean over the frontal films.

    `table` is a CSV file with the columns image and mask, paths from its folder, and perhaps view. `behind_heart` says
    whether people outlined the lung behind the heart, too.
    """
    rows = pd.read_csv(table)
    rows = rows[~rows["view"].isin(_LATERAL)] if "view" in rows else rows
    found = []
    for image, mask in zip(rows["image"], rows["mask"], strict=True):
        place = reader.read_scans([read_scan(table.parent / image)]).place
        human = read_scan(table.parent / mask).square(reader.size).pixels > 0.5
        lungs = (place.lungs if behind_heart else place.aerated)[0, 0].numpy() > 0.5
        found.append(2 * (lungs & human).sum() / max(lungs.sum() + human.sum(), 1))
    dice = np.array(found)
    quantiles = {"median": 0.5, "percentile_10": 0.1, "percentile_90": 0.9}
    return {name: float(np.quantile(dice, q)) for name, q in quantiles.items()} | {
        "mean": mean_interval(dice, rows["image"].to_numpy())
    }


def ratio(place: Coordinates, i: int) -> float:
    """The cardiothoracic ratio of film i."""
    heart, thorax = widths(place.rows([i]))
    return heart / thorax


def phantom_ratio(reader: AnatomyReader, n: int, seed: int) -> Estimate:
    """Mean absolute error of the ratio on phantoms never trained on, altered as the films of the training are."""
    torch.manual_seed(seed)
    images, sheets = phantoms(n, reader.size, seed)
    errors = []
    for part in range(0, n, 32):
        whole = sheets[part : part + 32].float()
        seen, truth = altered(overlaid(images[part : part + 32].float() / 255, whole), whole)
        read, known = reader.read(_to_unit(seen)).place, Coordinates.of(truth)
        errors += [abs(ratio(read, i) - ratio(known, i)) for i in range(len(seen)) if _whole(known.rows([i]))]
    return mean_interval(np.array(errors), np.arange(len(errors)))


def _to_unit(images: Tensor) -> Tensor:
    low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
    return (images - low) / (high - low)


def _whole(place: Coordinates) -> bool:
    """Whether no lung is cut off by the border, so that there is a ratio."""
    lungs = place.lungs[0, 0]
    return bool(max(lungs[:, 0].max(), lungs[:, -1].max(), lungs[-1].max()) < 0.5)


def ratios(reader: AnatomyReader, cohort: Cohort) -> tuple[np.ndarray, np.ndarray]:
    """Ratio (N,) and doubt (N,) of the films of a cohort."""
    parts = np.array_split(np.arange(len(cohort)), max(1, len(cohort) // 64))
    found, doubts = list[float](), list[float]()
    for part in parts:
        reading = reader.read(torch.from_numpy(cohort.images(part)))
        found += [ratio(reading.place, i) for i in range(len(part))]
        doubts += reading.doubt.tolist()
    return np.array(found), np.array(doubts)


def large_hearts(reader: AnatomyReader, cohort: Cohort) -> dict[str, Any]:
    """AUROC of the ratio alone for Cardiomegaly against No Finding: on all frontal films with either label, by view."""
    rows = cohort.frontal()
    rows = rows.subset(mask=(rows.labels(["Cardiomegaly", "No Finding"]) == 1).any(1))
    large, views = rows.labels(["Cardiomegaly"])[:, 0] == 1, rows.table["view"].to_numpy()
    found, _ = ratios(reader, rows)
    people = rows.table["patient"].to_numpy()
    parts = {"all": np.ones(len(rows), bool)} | {view: views == view for view in ("PA", "AP") if (views == view).any()}
    return {name: _told(large[part], found[part], people[part]) for name, part in parts.items()}


def _told(large: np.ndarray, found: np.ndarray, people: np.ndarray) -> dict[str, Any]:
    value, low, high = auroc_interval(large.astype(int), found, people)
    return {"auroc": {"value": value, "low": low, "high": high}, "large": int(large.sum()), "none": int((~large).sum())}


def normal_hearts(reader: AnatomyReader, cohort: Cohort, split: str) -> dict[str, Any]:
    """Share of the films of a cohort of normals whose ratio is below NORMAL_RATIO, and the share that can be read."""
    rows = cohort.subset(split=split).frontal()
    found, doubts = ratios(reader, rows)
    people = rows.table["patient"].to_numpy()
    return {
        "below": mean_interval(found < NORMAL_RATIO, people),
        "readable": mean_interval(doubts <= reader.limit, people),
        "median": float(np.median(found)),
    }


def damaged(reader: AnatomyReader, cohort: Cohort, seed: int) -> dict[str, Estimate]:
    """Share of films that are said to be unreadable: as they are, and damaged in the ways of DAMAGE."""
    rows = cohort.subset(split="test").frontal()
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(rows))[:200]
    images, people = torch.from_numpy(rows.images(chosen)), rows.table["patient"].to_numpy()[chosen]
    made: Mapping[str, Callable[[Tensor], Tensor]] = {"as they are": lambda x: x, **DAMAGE}
    return {
        name: mean_interval((reader.read(alter(images)).doubt > reader.limit).numpy(), people)
        for name, alter in made.items()
    }


def speed(reader: AnatomyReader, threads: int = 2) -> float:
    """Seconds a film, one at a time, on so many cores."""
    torch.set_num_threads(threads)
    film = torch.rand(1, 1, reader.size, reader.size)
    reader.read(film)
    start = time.perf_counter()
    for _ in range(20):
        reader.read(film)
    return (time.perf_counter() - start) / 20


def main(
    masks: Annotated[
        list[str],
        typer.Option(
            help="CSV of image and mask; with ':heart' at its end where the masks hold the lung behind the heart."
        ),
    ] = [],  # noqa: B006
    hearts: Annotated[
        list[Path], typer.Option(help="Prepared cohort with the labels Cardiomegaly and No Finding.")
    ] = [],  # noqa: B006
    normals: Annotated[list[Path], typer.Option(help="Prepared cohort of films read as normal.")] = [],  # noqa: B006
    weights: Annotated[str, typer.Option(help="Net of coordinates: a shipped name, or a weights folder.")] = SHIPPED,
    out: Annotated[Path, typer.Option(help="Folder for anatomy.md and anatomy.json.")] = Path("docs/results"),
    seed: Annotated[int, typer.Option(min=0)] = 1000,
) -> None:
    """Measure, and write both files."""
    reader = AnatomyReader.load(weights)
    found: dict[str, Any] = {
        "about": {
            "command": command_of("anatomy.reading"),
            "version": __version__, "weights": weights, "digest": reader.digest, "limit": reader.limit, "seed": seed,
        },
        "seconds_a_film": speed(reader),
        "dice": {Path(one.removesuffix(":heart")).parent.name: outlines(reader, Path(one.removesuffix(":heart")), one.endswith(":heart")) for one in masks},  # noqa: E501
        "phantom_ratio_error": phantom_ratio(reader, 400, seed),
        "large_hearts": {path.name: large_hearts(reader, Cohort.open(path)) for path in hearts},
        "normal_hearts": {path.name: normal_hearts(reader, Cohort.open(path), "test") for path in normals},
        "unreadable": {path.name: damaged(reader, Cohort.open(path), seed) for path in hearts},
    }  # fmt: skip
    write_results(out, "anatomy", found, page(found))


if __name__ == "__main__":
    run(main)
