"""Phantoms as a prepared cohort like any other, from whose rows each true counterfactual can be drawn again."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor

from causaray.cohorts.cohort import PIXELS, Cohort
from causaray.cohorts.phantom.model import LEFT, RIGHT, WORLD_NAMES, slug
from causaray.cohorts.phantom.planting import BALANCED, QUIET, TEST, Planting, assigned
from causaray.cohorts.phantom.request import Do
from causaray.cohorts.phantom.settings import Settings, read_settings
from causaray.cohorts.phantom.world import Phantoms, World
from causaray.cohorts.pixels import Progress
from causaray.cohorts.splits import SPLIT_SHARES, complete_parts, split_patients
from causaray.cohorts.store import check_free, describe, written_whole
from causaray.errors import BadInput
from causaray.study import Study

NAME = "phantom"
_BATCH = 128
_PLANTED = "planted "
"""Before what `row` says of a `Planting`."""


def prepare_phantom(
    out: Path | str, n: int, size: int = 128, seed: int = 0, split: str | None = None,
    progress: Progress | None = None, **settings: Any,
) -> Cohort:  # fmt: skip
    """Write n phantoms of `World(size, **settings)`, one a patient, as a prepared cohort of open images.

    Every finding of the world is labelled 1 or 0, all others are unknown. `row` keeps the settings of the world, seed
    and index, from which `phantoms` and `truth` remake a row, and each finding's severity and side. split: of all of
    them; they are divided by patient when None. `progress(done, total)` counts phantoms. Written whole or not at all.

    Raises BadInput for settings that make no world, for fewer than one phantom, for a split that there is not, or when
    `out` is there already.
    """
    world = World(size=size, **settings)
    if n < 1:
        raise BadInput(f"{n} phantoms make no cohort; ask for one or more.")
    if split is not None and split not in SPLIT_SHARES:
        raise BadInput(f'There is no split "{split}"; it is one of {", ".join(SPLIT_SHARES)}.')

    def studies(rows: np.ndarray, part: Phantoms) -> list[Study]:
        return [replace(_study(part, row), split=split) for row in range(len(part))]

    return _written(Path(out), n, size, lambda rows: world.at(seed, rows), studies, progress)


def prepare_planted(
    out: Path | str,
    n: int,
    correlation: float,
    planting: Planting,
    size: int = 64,
    seed: int = 0,
    test: int = TEST,
    progress: Progress | None = None,
    **settings: Any,
) -> Cohort:
    """Write phantoms with a planted correlation (`cohorts.planted`): `n` to learn from, `test` balanced ones to test.

    The n are split train and val, the others are split test: as many in each of the four groups. `row` also keeps
    what is planted, and `finding` and `artifact`, 1 or 0; everything else is as of `prepare_phantom`, and so is what
    raises BadInput, beside a correlation outside [0.5, 1].
    """
    world = World(size=size, **(QUIET | settings))
    learned, held = assigned(n, correlation, seed), assigned(test, BALANCED, seed)
    finding, artifact = (np.concatenate(both) for both in zip(learned, held, strict=True))
    shares = {name: share / (1 - SPLIT_SHARES["test"]) for name, share in SPLIT_SHARES.items() if name != "test"}

    def studies(rows: np.ndarray, part: Phantoms) -> list[Study]:
        told = [_study(part, row) for row in range(len(part))]
        parts = split_patients([study.patient for study in told], shares)
        return [
            replace(
                study,
                split=parts[study.patient] if row < n else "test",
                row=dict(study.row) | _planted(planting, int(finding[row]), int(artifact[row])),
            )
            for row, study in zip(rows, told, strict=True)
        ]

    def at(rows: np.ndarray) -> Phantoms:
        return planting.set(world.at(seed, rows), finding[rows], artifact[rows])

    return _written(Path(out), n + test, size, at, studies, progress)


def _planted(planting: Planting, finding: int, artifact: int) -> dict[str, str]:
    about = {f"{_PLANTED}{name}": str(value) for name, value in asdict(planting).items()}
    return about | {"finding": str(finding), "artifact": str(artifact)}


def _written(
    out: Path,
    n: int,
    size: int,
    at: Callable[[np.ndarray], Phantoms],
    studies_of: Callable[[np.ndarray, Phantoms], list[Study]],
    progress: Progress | None,
) -> Cohort:
    check_free(out)
    with written_whole(out) as folder:
        pixels = open_memmap(folder / PIXELS, "w+", np.uint8, (n, size, size))
        studies: list[Study] = []
        for start in range(0, n, _BATCH):
            rows = np.arange(start, min(start + _BATCH, n))
            part = at(rows)
            pixels[start : start + len(part)] = _as_bytes(part.images)[:, 0].numpy()
            studies += studies_of(rows, part)
            if progress is not None:
                progress(len(studies), n)
        pixels.flush()
        describe(folder, complete_parts(studies, "phantoms"), size, NAME)
    return Cohort.open(out)


def phantoms(cohort: Cohort) -> Iterator[tuple[np.ndarray, Phantoms]]:
    """The phantoms behind the rows of a cohort that `prepare_phantom` wrote: (row numbers, Phantoms) a world and seed.

    The images are those of the cohort before they were rounded to 8 bit. Raises BadInput when a row is no phantom.
    """
    written = [json.loads(row) for row in cohort.table["row"]]
    made = [_origin(row) for row in written]
    for origin in dict.fromkeys(one[:3] for one in made):
        rows = np.array([i for i, one in enumerate(made) if one[:3] == origin])
        world, seed, planting = origin
        part = world.at(seed, np.array([made[i][3] for i in rows]))
        if planting is not None:
            finding, artifact = (np.array([int(written[i][name]) for i in rows]) for name in ("finding", "artifact"))
            part = planting.set(part, finding, artifact)
        yield rows, part


def truth(cohort: Cohort, do: Do) -> Tensor:
    """The true counterfactual (N, 1, S, S) of every row, rounded to 8 bit as the images of the cohort are.

    `do` is a request such as `parse_prompt("moderate left pleural effusion")` or what `World.counterfactual` takes.
    Where it changes nothing the truth is the image itself. Raises BadInput as `phantoms` and `World.counterfactual`.
    """
    images = torch.empty(len(cohort), 1, cohort.size, cohort.size)
    for rows, part in phantoms(cohort):
        _check_same(cohort, rows[:1], part.rows([0]))
        for few in np.array_split(np.arange(len(rows)), -(-len(rows) // _BATCH)):
            some = part.rows(few)
            images[rows[few]] = _as_bytes(some.world.counterfactual(some, do).images).float() / 255
    return images


def _check_same(cohort: Cohort, row: np.ndarray, phantom: Phantoms) -> None:
    """Refuse a cohort that this version of the world would draw otherwise, by the largest difference of one image."""
    drawn = _as_bytes(phantom.images).float().numpy() / 255
    if abs(drawn - cohort.images(row)).max() > 1.5 / 255:  # rounding may differ between machines
        raise BadInput(f"{cohort.name} was prepared by another version of the phantom world; prepare it again.")


def _as_bytes(images: Tensor) -> Tensor:
    return (images * 255).round().to(torch.uint8)


def _study(part: Phantoms, row: int) -> Study:
    name = f"{NAME}-{part.seed}-{part.indices[row]:06d}"
    values = {variable: value[row] for variable, value in part.values.items()}
    origin = asdict(part.world) | {"seed": part.seed, "index": int(part.indices[row])}
    severities = {name: _severity(values[slug(name)]) for name in WORLD_NAMES if values[slug(name)].any()}
    return Study(
        image=Path(name), findings=part.findings[row], patient=name, cohort=NAME, age=float(values["age"]),
        sex="M" if values["male"] else "F", view="AP" if values["anteroposterior"] else "PA", open=True,
        row={key: str(value) for key, value in origin.items()} | severities,
    )  # fmt: skip


def _severity(sides: np.ndarray) -> str:
    return f"right {sides[RIGHT]:.3f}, left {sides[LEFT]:.3f}"


def _origin(written: Mapping[str, str]) -> tuple[World, int, Planting | None, int]:
    """World, seed, what was planted in it if anything, and index."""
    try:
        told = {name: written[name] for name in asdict(Settings()) if name in written}  # older ones tell fewer
        world = World(**read_settings(told))
        planted = {name: written.get(_PLANTED + name) for name in asdict(Planting())}
        planting = None
        if planted["finding"] is not None:
            planting = Planting(planted["finding"], str(planted["artifact"]), float(str(planted["mildest"])))
        return world, int(written["seed"]), planting, int(written["index"])
    except (KeyError, ValueError) as error:
        raise BadInput(f"A row without {error} is no phantom, so nothing true is known of it.") from error
