"""causaray augment: counterfactuals of training patients, until rare findings are shown as often as common ones."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor

from causaray import weightfiles
from causaray.arguments import Device, Out, Seed, Strength, ToEach, Weights
from causaray.classifiers.encoders import shipped_pull
from causaray.cohorts.cohort import PIXELS, Cohort
from causaray.cohorts.store import check_free, describe, written_whole
from causaray.cohorts.trust import trusted_labels
from causaray.devices import AUTO
from causaray.editors.edit import EditRequest
from causaray.editors.protocol import takes_side
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import NAMES, Findings
from causaray.study import Study
from causaray.vocabulary import SEVERITIES

BATCH = 16
HEALTH = "No Finding"


@dataclass(frozen=True)
class Wanted:
    """One image to be made: row of the source, finding to be shown and how severe, and the seed of its noise."""

    row: int
    finding: str
    severity: str
    seed: int

    @property
    def request(self) -> Findings:
        return Findings((Finding(self.finding, severity=self.severity),))


def augment(
    cohort: Annotated[
        str | Path, Path, typer.Argument(help="Folder written by `prepare`; its split train is balanced.")
    ],
    out: Out,
    *,
    weights: Weights = "cxr-128",
    findings: Annotated[
        Sequence[str], list[str], typer.Option("--finding", help="Which to balance; may be given several times.")
    ] = (),
    to: ToEach = None,
    seed: Seed = 0,
    strength: Strength = 0.7,
    references: Annotated[
        str | Path | None, str, typer.Option(help="Chest encoder with centroids: optimise the noise toward them.")
    ] = None,
    engine: Annotated[str, typer.Option(help="Of that optimisation: gradient, search or amortised.")] = "search",
    device: Device = AUTO,
    progress: Callable[[int, int], None] | None = None,
) -> Cohort:
    """Balance a prepared cohort: write one of synthetic images beside it, to be trained on together with it.

    Each image is a counterfactual of a training patient known not to have the finding, drawn at random, each patient as
    often as any other; mild, moderate and severe findings are equally likely. It keeps patient, split and fold, so that
    both cohorts together are still split by patient; its labels are the patient's, with the finding present. `row` says
    that it is synthetic, of which image and how made.

    Args:
        cohort: prepared cohort, of the size of the weights; its split train is balanced, nothing else is looked at.
        out: folder of the cohort of synthetic images.
        weights: name of shipped weights, or a weights folder.
        findings: which are balanced; all that weights and cohort know when none is named.
        to: how many images are to show each finding, real and synthetic; as many as show the most common of all that
            weights and cohort know when not given.
        seed: of noise and draws.
        strength: of the edits.
        references: a chest encoder with centroids (name or weights folder) toward which `engine` optimises the noise.
        engine: of that optimisation, "gradient", "search", "amortised", or the weights folder of an amortised one.
        device: where the editor runs.
        progress: called with (images made, in all).

    Raises:
        BadInput: for a cohort of another size, a finding that weights or cohort do not know, and when there is nothing
            to make.
    """
    out = Path(out)
    check_free(out)
    source = Cohort.open(cohort)
    editor = EditorSpec.read(weights).open(device)
    pull = None if references is None else shipped_pull(weightfiles.find(references), engine)
    if not takes_side(editor, source.size):
        raise BadInput(f"The cohort was prepared at {source.size} px; {editor.name} works at {editor.size} px.")
    rows = source.subset(split="train")
    plan = planned(rows, editor.names, findings, to, seed)
    if not plan:
        raise BadInput(f"Every finding of {source.name} is shown as often as asked; ask for more with --to.")

    def edited(chosen: np.ndarray, request: Findings, seeds: list[int]) -> Tensor:
        images = torch.from_numpy(rows.images(chosen))
        return editor.edit(images, EditRequest(request, seeds, strength, references=pull)).counterfactual

    about = f"counterfactuals of {source.name} by {editor.name} {editor.digest[:16]}"
    return write_planned(rows, plan, edited, out, {"weights": editor.name, "strength": str(strength)}, about, progress)


def write_planned(
    rows: Cohort,
    plan: Sequence[Wanted],
    counterfactuals: Callable[[np.ndarray, Findings, list[int]], Tensor],
    out: Path,
    how: Mapping[str, str],
    about: str,
    progress: Callable[[int, int], None] | None = None,
) -> Cohort:
    """Write the images of a plan as a cohort of synthetic ones.

    counterfactuals: numbers (B,) of rows, request and seeds -> images (B, 1, S, S) in [0, 1]; how: what the `row` of
    each says of their making; about: what the cohort is.
    """
    with written_whole(out) as beside:
        pixels = np.lib.format.open_memmap(beside / PIXELS, "w+", np.uint8, (len(plan), rows.size, rows.size))
        done = 0
        for request, places in by_request(plan):
            for part in np.split(places, range(BATCH, len(places), BATCH)):
                chosen = np.array([plan[i].row for i in part])
                made = counterfactuals(chosen, request, [plan[i].seed for i in part])
                pixels[part] = (made[:, 0] * 255).round().to(torch.uint8).numpy()
                done += len(part)
                if progress is not None:
                    progress(done, len(plan))
        pixels.flush()
        describe(beside, [_study(rows, one, how) for one in plan], rows.size, about)
    return Cohort.open(out)


def targets(
    rows: Cohort, known: Sequence[str], findings: Sequence[str] = (), to: int | None = None
) -> dict[str, tuple[int, int]]:
    """How many of the rows show each finding, and how many are to: {finding: (shown, target)}, as `augment` decides.

    known: what the weights know. Raises BadInput for one of
    `findings` that weights or cohort do not know.
    """
    names = [name for name in NAMES if name in known and name != HEALTH]
    labels = dict(zip(names, trusted_labels(rows, names).T, strict=True))
    answered = {name: column for name, column in labels.items() if np.isfinite(column).any()}
    if strange := [name for name in findings if name not in answered]:
        listed = ", ".join(answered) or "none"
        raise BadInput(f"{strange[0]} cannot be balanced; weights and cohort both know {listed}.")
    shown = {name: int((column == 1).sum()) for name, column in answered.items()}
    most = max(shown.values(), default=0) if to is None else to
    return {name: (shown[name], max(shown[name], most)) for name in findings or answered}


def planned(rows: Cohort, known: Sequence[str], findings: Sequence[str], to: int | None, seed: int) -> list[Wanted]:
    """What is to be made of the rows so that each finding reaches its target (`targets`), finding by finding."""
    return list(_plan(rows, known, findings, to, seed))


def by_request(plan: Sequence[Wanted]) -> Iterator[tuple[Findings, np.ndarray]]:
    """Each request of a plan, and the places of those that ask for it."""
    places: dict[tuple[str, str], list[int]] = {}
    for i, one in enumerate(plan):
        places.setdefault((one.finding, one.severity), []).append(i)
    for rows in places.values():
        yield plan[rows[0]].request, np.array(rows)


def _plan(rows: Cohort, known: Sequence[str], findings: Sequence[str], to: int | None, seed: int) -> Iterator[Wanted]:
    for name, (shown, target) in targets(rows, known, findings, to).items():
        lacking = np.flatnonzero(trusted_labels(rows, [name])[:, 0] == 0)
        rng = np.random.default_rng((seed, NAMES.index(name)))
        rounds = -(-(target - shown) // len(lacking))
        order = np.concatenate([rng.permutation(lacking) for _ in range(rounds)]) if rounds else lacking[:0]
        severities = rng.choice(SEVERITIES, len(order))
        for i, row in enumerate(order[: target - shown]):
            yield Wanted(int(row), name, str(severities[i]), seed + i)


def _study(rows: Cohort, one: Wanted, how: Mapping[str, str]) -> Study:
    """The patient's study with the finding present; what is uncertain or unknown stays so."""
    row = rows.table.iloc[one.row]
    states = {1.0: "present", 0.0: "absent", -1.0: "uncertain"}
    told = {name: states[float(row[name])] for name in NAMES if np.isfinite(row[name]) and name != HEALTH}
    told |= {one.finding: "present"}
    said = Findings(tuple(Finding(name, state) for name, state in told.items()))  # type: ignore[arg-type]
    made = {"of": row["image"], "shows": one.finding, "severity": one.severity, "seed": str(one.seed)}
    age = None if np.isnan(row["age"]) else float(row["age"])
    return Study(
        Path(f"synthetic-{one.finding.lower().replace(' ', '-')}-{one.seed}-{row['image']}"), said, row["patient"],
        row["cohort"], age, row["sex"], row["view"], split=row["split"], fold=row["fold"], open=bool(row["open"]),
        row={"synthetic": "true", **made, **how, "source row": json.dumps(json.loads(row["row"]))},
    )  # fmt: skip
