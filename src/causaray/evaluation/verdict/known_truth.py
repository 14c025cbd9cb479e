"""How often the verdict is right where the truth is known: drawn pairs of phantoms, and of the cohorts given.

`python -m causaray.evaluation.verdict.known_truth COHORTS` writes verdict.md and verdict.json.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from torch import Tensor

from causaray import __version__
from causaray.anatomy.editor import DrawnEditor
from causaray.anatomy.reader import Reading, resized
from causaray.anatomy.requests import lesions
from causaray.anatomy.signs import change, measure
from causaray.cohorts import Cohort
from causaray.cohorts.drawn import filled
from causaray.cohorts.phantom import World
from causaray.errors import BadInput
from causaray.evaluation.measured import command_of, run, write_results
from causaray.evaluation.pairs.pairs import Pairs
from causaray.evaluation.statistics.bootstrap import mean_interval
from causaray.evaluation.verdict.evidence import LesionMaps, evidence
from causaray.evaluation.verdict.page import page
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.place import CHANGED
from causaray.verdict import ALIKE, LEAST, NOT_KNOWN, NOT_SHOWN, SHOWN, USUAL, Verdict, verdict
from causaray.vocabulary import PATIENT_SIDES

DRAWN = (*sorted(USUAL), "Nodule", "Pneumonia", "Support Devices")
"""What is drawn on phantoms, and as another finding than the one asked for."""
RELATED = (*ALIKE, ("Cardiomegaly", "Enlarged Cardiomediastinum"), ("Emphysema", "Pneumothorax"))
"""Findings of which one is never drawn in place of the other: both would be right."""
REMOVED = "removed"
"""What the kinds of cases begin with in which a finding was to go."""
OTHER = {"left": "right", "right": "left"}


@dataclass(frozen=True, eq=False)
class Case:
    """One question with a known answer: whether `after` shows what was asked of `before`, images (1, 1, S, S)."""

    kind: str
    request: Finding
    before: Tensor
    after: Tensor
    shown: bool


class Maker:
    """Draws, on films whose truth is known, what was not asked for."""

    def __init__(self, editor: DrawnEditor, seed: int) -> None:
        self.editor, self.seed = editor, seed

    def drawn(self, film: Tensor, reading: Reading, asked: Finding, number: int) -> Tensor | None:
        """The film with a finding; None where it cannot be drawn."""
        seed = self.seed + number
        try:
            return self.editor.draw_on(film, reading, 0, lesions(Findings([asked]), seed), seed).film
        except BadInput:
            return None

    def cases(self, film: Tensor, truth: Tensor, asked: Finding, number: int) -> Iterator[Case]:
        """Every question about a film, the truth of a request, and what can be drawn beside it."""
        gone, (here, there) = Finding(asked.name, "absent"), (self.editor.read(one) for one in (film, truth))
        yield Case("true counterfactual", asked, film, truth, True)
        yield Case("copied input", asked, film, film, False)
        yield Case("removed, true counterfactual", gone, truth, film, True)
        yield Case("removed, copied input", gone, truth, truth, False)
        side = None if asked.location == "middle lobe" else OTHER.get(asked.side or "")
        if side and (mirrored := self.drawn(film, here, replace(asked, side=side), number)) is not None:
            yield Case("the other side", asked, film, mirrored, False)
        rng = np.random.default_rng((self.seed, number))
        alike = next((group for group in RELATED if asked.name in group), (asked.name,))
        other = filled(Finding(str(rng.choice([name for name in DRAWN if name not in alike]))), rng)
        if (alien := self.drawn(film, here, other, number)) is not None:
            yield Case("another finding", asked, film, alien, False)
        if (both := self.drawn(truth, there, other, number)) is not None:
            yield Case("removed, another finding added", gone, truth, both, False)


class Teller:
    """Says the verdict on cases as an edit's record says it, without the judge, which alone never decides it."""

    def __init__(self, editor: DrawnEditor) -> None:
        self.reader, self.maps = editor.reader, LesionMaps.shipped()

    def tell(self, cases: Sequence[Case]) -> list[Verdict]:
        """The verdict on each of some cases; an image that they share is read once."""
        images = {id(image): image for case in cases for image in (case.before, case.after)}
        reading = self.reader.read(resized(torch.cat(list(images.values())), self.reader.size))
        signs = [
            measure(reading.films[i : i + 1], reading.place.rows([i]), with_lucency=False).record()
            for i in range(len(images))
        ]
        row = {key: i for i, key in enumerate(images)}
        return [self._told(case, reading, signs, [row[id(case.before)], row[id(case.after)]]) for case in cases]

    def _told(self, case: Case, reading: Reading, signs: Sequence[dict[str, Any]], rows: list[int]) -> Verdict:
        seen = None
        if reading.readable(rows[0]):
            both = Reading(reading.films[rows], reading.place.rows(rows), reading.doubt[rows], reading.limit)
            (seen,) = evidence(self.maps, both, 1, [change(*(signs[i] for i in rows))])
        changed = bool((case.after - case.before).abs().max() >= CHANGED)
        return verdict(Findings([case.request]), seen, {}, {}, changed)


def phantoms(
    editor: DrawnEditor, count: int, seed: int, size: int = 256
) -> Iterator[tuple[Tensor, Tensor, Finding, str]]:
    """Films of healthy phantoms, each with the truth of a request, the request, and whose it is."""
    films = World(size=size, common=0.0, devices=0.0).sample(count, seed=seed).images
    maker = Maker(editor, seed)
    for i in range(count):
        asked = filled(Finding(DRAWN[i % len(DRAWN)]), np.random.default_rng((seed, 1, i)))
        if (truth := maker.drawn(films[i : i + 1], editor.read(films[i : i + 1]), asked, i)) is not None:
            yield films[i : i + 1], truth, asked, str(i)


def of_cohort(folder: Path, split: str, limit: int, seed: int) -> Iterator[tuple[Tensor, Tensor, Finding, str]]:
    """The same of a cohort of drawn pairs, at most so many."""
    rows = Cohort.open(folder).subset(split=split)
    if len(rows) > limit:
        chosen = np.random.default_rng(seed).permutation(len(rows))[:limit]
        rows = rows.subset(mask=np.isin(np.arange(len(rows)), chosen))
    pairs = Pairs.of(folder.name, rows)
    for i, asked in enumerate(pairs.requests):
        yield pairs.film[i : i + 1], pairs.drawn[i : i + 1], asked, str(pairs.patients[i])


def told(maker: Maker, teller: Teller, pairs: Iterator[tuple[Tensor, Tensor, Finding, str]]) -> list[dict[str, Any]]:
    """What is said of every case of some pairs: a row each."""
    rows = list[dict[str, Any]]()
    for number, (film, truth, asked, patient) in enumerate(pairs):
        cases = list(maker.cases(film, truth, asked, number))
        rows += [
            {
                "patient": patient, "kind": case.kind, "finding": asked.name, "request": case.request.to_text(),
                "truth": case.shown, "said": one.shown, "on_side": one.on_side, "sided": asked.side in PATIENT_SIDES,
            }
            for case, one in zip(cases, teller.tell(cases), strict=True)
        ]  # fmt: skip
    return rows


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How often the verdict is right: of all cases that it tells of, of each kind, and of each finding."""
    known = [row for row in rows if row["said"] != NOT_KNOWN]
    sides = [row for row in known if row["sided"] and row["kind"] in ("true counterfactual", "the other side")]
    right_side = [row | {"right": row["on_side"] == (row["kind"] == "true counterfactual")} for row in sides]
    return {
        "pairs": sum(row["kind"] == "true counterfactual" for row in rows),
        "patients": len({row["patient"] for row in rows}),
        "cases": len(rows),
        "not_told": len(rows) - len(known),
        "right": _right(known),
        "came": _right([row for row in known if not row["kind"].startswith(REMOVED)]),
        "went": _right([row for row in known if row["kind"].startswith(REMOVED)]),
        "side_right": _right(right_side),
        "kinds": {kind: _right(known, kind=kind) for kind in dict.fromkeys(row["kind"] for row in known)},
        "findings": {name: _right(known, finding=name) for name in sorted({row["finding"] for row in known})},
    }


def _right(rows: Sequence[dict[str, Any]], **only: str) -> dict[str, float] | None:
    chosen = [row for row in rows if all(row[key] == value for key, value in only.items())]
    if not chosen:
        return None
    right = [row.get("right", row["said"] == (SHOWN if row["truth"] else NOT_SHOWN)) for row in chosen]
    return mean_interval(np.array(right, float), np.array([row["patient"] for row in chosen]))


def main(
    cohorts: Annotated[list[Path], typer.Argument(help="Cohorts of drawn pairs (`causaray draw`).")] = [],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Folder for verdict.md and verdict.json.")] = Path("docs/results"),
    split: Annotated[str, typer.Option(help="Rows of the cohorts that are asked about.")] = "test",
    limit: Annotated[int, typer.Option(min=1, help="At most so many pairs a cohort.")] = 200,
    count: Annotated[int, typer.Option("--phantoms", min=1, help="So many phantoms, whatever else is given.")] = 96,
    seed: Annotated[int, typer.Option(min=0)] = 1000,
) -> None:
    """Measure, and write both files."""
    editor = DrawnEditor.load()
    maker, teller = Maker(editor, seed), Teller(editor)
    if teller.maps is None:
        raise BadInput("The weights that see findings in films are not there; install the package with its weights.")
    sources = {"phantoms": phantoms(editor, count, seed)}
    sources |= {folder.name: of_cohort(folder, split, limit, seed) for folder in cohorts}
    rows = {name: told(maker, teller, pairs) for name, pairs in sources.items()}
    found = {
        "about": {
            "command": command_of("verdict.known_truth"), "version": __version__, "split": split, "seed": seed,
            "weights": editor.digest, "knows": sorted(LEAST),
        },
        "sources": {name: summary(said) for name, said in rows.items()},
        "wrong": {
            name: [
                {key: row[key] for key in ("kind", "request", "said")}
                for row in said
                if row["said"] not in (NOT_KNOWN, SHOWN if row["truth"] else NOT_SHOWN)
            ]
            for name, said in rows.items()
        },
    }  # fmt: skip
    write_results(out, "verdict", found, page(found))


if __name__ == "__main__":
    run(main)
