"""A planted correlation on real patients: finding and artifact are drawn on their own films, so every twin is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor

from causaray.anatomy.editor import DrawnEditor
from causaray.anatomy.reader import Reading
from causaray.anatomy.requests import lesions
from causaray.cohorts.artifacts import blank_corners, with_letter
from causaray.cohorts.cohort import PIXELS, Cohort
from causaray.cohorts.drawn import Asked, cut, filled, one_request, sheet_of
from causaray.cohorts.phantom.planting import BALANCED, assigned
from causaray.cohorts.planted import Planted
from causaray.cohorts.store import check_free, describe, written_whole
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.study import Study
from causaray.vocabulary import DEVICE

TWINS = "twins.npy"
PREFIX = "planted-"
PACEMAKER, LETTER = ARTIFACTS = ("pacemaker", "letter")
"""Drawn where it would lie in this chest, and the letter L in the corner at the patient's left, which is blanked first:
no film then shows another."""
_BATCH = 16


def prepare_planted_films(
    cohort: str | Path,
    finding: str,
    correlation: float,
    out: str | Path,
    *,
    artifact: str = PACEMAKER,
    weights: str | Path = "anatomy-128",
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Cohort:
    """Write films of a prepared cohort on which finding and artifact are drawn as `cohorts.planted` says.

    Films that are labelled with the finding or with support devices are left out, and so is one that cannot be read or
    has no room. In splits train and val they go together by `correlation`; split test is balanced. `twins.npy`, uint8
    (n, 4, S, S), holds each film in all four groups, numbered 2 finding + artifact; the image is one of them.

    Args:
        cohort: prepared cohort folder.
        finding: a request such as "pleural effusion"; what it leaves open (severity, side, place) is drawn by lot.
        correlation: in [0.5, 1].
        out: folder of the new cohort.
        artifact: of ARTIFACTS.
        weights: the net of coordinates, name or folder.
        split: films to draw on; all when None.
        limit: at most so many films.
        seed: of all that is left to chance.
        progress: called with (films done, in all).

    Raises:
        BadInput: for a finding or artifact that cannot be drawn, a correlation outside [0.5, 1], and where fewer than
            four films of train and val, or of test, could be drawn on.
    """
    out, asked = Path(out), one_request(finding)
    if artifact not in ARTIFACTS:
        raise BadInput(f"There is no artifact {artifact} to draw on films; there are {', '.join(ARTIFACTS)}.")
    check_free(out)
    assigned(4, correlation, seed)  # refuses another correlation before anything is drawn
    editor = DrawnEditor.load(weights)
    editor.check(asked.finding)
    rows = _healthy(Cohort.open(cohort).subset(split=split).frontal(), asked.finding.name, limit, seed)
    pen = _Pen(editor, asked, artifact, seed)
    with written_whole(out) as folder:
        shape = (max(1, len(rows)), rows.size, rows.size)
        pixels = open_memmap(folder / PIXELS, "w+", np.uint8, shape)
        twins = open_memmap(folder / TWINS, "w+", np.uint8, (shape[0], 4, *shape[1:]))
        studies: list[Study] = []
        for row, request, sheets in pen.on(rows, progress):
            twins[len(studies)] = sheets
            studies.append(_study(rows, row, request, artifact, seed))
        if not studies:
            raise BadInput(f"No film of {rows.name} could be drawn on; name another finding, or other films.")
        finding_of, artifact_of = _groups(studies, correlation, seed)
        for i, (study, ill, marked) in enumerate(zip(studies, finding_of, artifact_of, strict=True)):
            pixels[i] = twins[i, 2 * ill + marked]
            studies[i] = _grouped(study, asked.finding.name, artifact, int(ill), int(marked))
        for name, array in ((PIXELS, pixels), (TWINS, twins)):
            array.flush()
            cut(folder / name, len(studies))
        describe(folder, studies, rows.size, f"{rows.name}, drawn on by {editor.name}")
    return Cohort.open(out)


def planted_films(cohort: Cohort) -> Planted:
    """What `prepare_planted_films` wrote, or a part of it (`subset`), with the twins of every film.

    Raises BadInput for any other cohort.
    """
    told = [json.loads(row) for row in cohort.table["row"]]
    if not told or any("planted artifact" not in one for one in told):
        raise BadInput(f"{cohort.name} is no cohort of films with a planted correlation; make one by causaray draw.")
    twins = sheet_of(cohort, TWINS)

    def draw(rows: np.ndarray, finding: np.ndarray, artifact: np.ndarray) -> Tensor:
        return torch.from_numpy(twins[rows, 2 * finding + artifact][:, None])

    finding, artifact = (np.array([int(one[name]) for one in told]) for name in ("finding", "artifact"))
    names = told[0]["planted finding"], told[0]["planted artifact"]
    return Planted(*names, finding, artifact, cohort.table["patient"].to_numpy(), draw)


@dataclass(frozen=True)
class _Pen:
    """Draws one film in all four groups."""

    editor: DrawnEditor
    asked: Asked
    artifact: str
    seed: int

    def on(
        self, rows: Cohort, progress: Callable[[int, int], None] | None
    ) -> Iterator[tuple[int, Finding, np.ndarray]]:
        """(row, what was drawn, uint8 (4, S, S)) of the films that can be drawn on."""
        for start in range(0, len(rows), _BATCH):
            part = np.arange(start, min(start + _BATCH, len(rows)))
            films = torch.from_numpy(rows.images(part))
            reading = self.editor.read(films)
            for i, row in enumerate(part.tolist()):
                request = filled(self.asked.finding, np.random.default_rng((self.seed, 1, row)))
                try:
                    four = self._four(films[i : i + 1], reading, i, request, int(row))
                except BadInput:  # not readable, or no room: another film is taken
                    continue
                yield row, request, (four[:, 0] * 255).round().clamp(0, 255).to(torch.uint8).numpy()
            if progress is not None:
                progress(int(part[-1]) + 1, len(rows))

    def _four(self, film: Tensor, reading: Reading, i: int, request: Finding, row: int) -> Tensor:
        seed = int(np.random.default_rng((self.seed, 2, row)).integers(2**31))

        def drawn(on: Tensor, finding: Finding, device: str | None = None) -> Tensor:
            asked = lesions(Findings([finding]), seed, device=device)
            return self.editor.draw_on(on, reading, i, asked, seed).film

        healthy = blank_corners(film) if self.artifact == LETTER else film
        ill = drawn(healthy, request)
        if self.artifact == LETTER:
            marked = [with_letter(one, "L", at_left=True) for one in (healthy, ill)]
        else:
            marked = [drawn(one, Finding(DEVICE), PACEMAKER) for one in (healthy, ill)]
        return torch.cat([healthy, marked[0], ill, marked[1]])


def _healthy(rows: Cohort, finding: str, limit: int | None, seed: int) -> Cohort:
    """Those not labelled with the finding or a device; at most so many, drawn at random."""
    rows = rows.subset(mask=((rows.table[[finding, DEVICE]] != 1).all(axis=1)).to_numpy())
    if limit is None or limit >= len(rows):
        return rows
    chosen = np.random.default_rng((seed, 0)).choice(len(rows), limit, replace=False)
    return rows.subset(mask=np.isin(np.arange(len(rows)), chosen))


def _groups(studies: list[Study], correlation: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Finding and artifact of each film (n,): by the correlation, in split test balanced."""
    finding, artifact = np.zeros(len(studies), int), np.zeros(len(studies), int)
    test = np.array([study.split == "test" for study in studies])
    for rows, how in ((np.flatnonzero(~test), correlation), (np.flatnonzero(test), BALANCED)):
        if len(rows):
            finding[rows], artifact[rows] = assigned(len(rows), how, seed)
    return finding, artifact


def _study(rows: Cohort, row: int, request: Finding, artifact: str, seed: int) -> Study:
    study = rows.study(row)
    told = {"of": rows.table["image"].iloc[row], "request": request.to_text(), "seed": str(seed)}
    about = {"planted finding": request.name, "planted artifact": artifact}
    image = Path(f"{study.image.stem}-{row:06d}.png")
    return replace(study, image=image, cohort=PREFIX + study.cohort, row=told | about)


def _grouped(study: Study, finding: str, artifact: str, ill: int, marked: int) -> Study:
    """The study of a film in its group: labelled with what is drawn on it."""
    states = {finding: ill, **({DEVICE: marked} if artifact == PACEMAKER else {})}
    gone = {*states, *(["No Finding"] if ill else [])}
    drawn = [Finding(name, "present" if there else "absent") for name, there in states.items()]
    said = Findings([*(one for one in study.findings if one.name not in gone), *drawn])
    return replace(study, findings=said, row=dict(study.row) | {"finding": str(ill), "artifact": str(marked)})
