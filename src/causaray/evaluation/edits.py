"""The edits that are measured: every image of a split with each finding added, and with it removed."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.methods.editor import Editor
from causaray.writing import make_folder, whole_file

ADULT = ("Pleural Effusion", "Cardiomegaly", "Atelectasis", "Pneumothorax", "Edema", "Consolidation")
ASKED = {"kermany": ("Pneumonia",), "nih": ADULT}
"""What is asked of the cohorts that come with the project; of another cohort, all that editor and judge know."""

BATCH = 16
FEWEST = 4
"""Patients of a cohort: with fewer an interval means nothing."""
Progress = Callable[[str, int, int], None]


@dataclass
class EditedCohort:
    """Real, reconstructed and edited images (N, 1, S, S) in [0, 1] of a cohort; `pairs` finding -> (added, removed).

    `store` is the folder that keeps what takes long to make, until the report is written; `gains` finding -> how much
    higher the judge scores the image (N,) with it than without, once it has judged.
    """

    name: str
    rows: Cohort
    factual: Tensor
    reconstruction: Tensor
    null_equal: bool
    store: Path
    pairs: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)
    gains: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def patients(self) -> np.ndarray:
        return self.rows.table["patient"].to_numpy()


def prompts(cohort: str, finding: str) -> tuple[str, str]:
    """The two prompts of a finding. A cohort that knows one disease is asked for health, not for its absence."""
    return finding.lower(), "no finding" if ASKED.get(cohort) == (finding,) else f"no {finding.lower()}"


def by_cohort(cohort: Cohort, split: str, limit: int | None, seed: int) -> Iterator[tuple[str, Cohort]]:
    """The rows of a split, cohort by cohort, at most `limit` of each. Raises BadInput for too few patients."""
    rows = cohort.subset(split=split)
    names = rows.table["cohort"].to_numpy()
    if not len(rows):
        raise BadInput(f"Split {split} of {cohort.name} holds no images; its splits are {_splits(cohort)}.")
    for name in dict.fromkeys(names):
        chosen = np.flatnonzero(names == name)
        if limit is not None and len(chosen) > limit:
            chosen = np.sort(np.random.default_rng(seed).choice(chosen, limit, replace=False))
        part = rows.subset(mask=np.isin(np.arange(len(rows)), chosen))
        people = part.table["patient"].nunique()
        if people < FEWEST:
            raise BadInput(
                f"Split {split} of {name} holds {len(part)} images of {people} patients; "
                f"at least {FEWEST} patients are needed to measure anything."
            )
        yield name, part


def _splits(cohort: Cohort) -> str:
    return ", ".join(f"{split} ({n})" for split, n in cohort.table["split"].value_counts().items()) or "none"


def make(
    editor: Editor, name: str, rows: Cohort, findings: tuple[str, ...], work: Path, seed: int, strength: float,
    progress: Progress,
) -> EditedCohort:  # fmt: skip
    """Reconstruct and edit all rows; what `work` already holds of the same editor and images is not made again."""
    factual = torch.from_numpy(rows.images(np.arange(len(rows))))
    probe = parse_prompt(prompts(name, findings[0])[0])
    nulls = [editor.edit(part, probe, seed=seed, strength=0) for part in factual.split(BATCH)]
    reconstruction = torch.cat([null.reconstruction for null in nulls])
    equal = bool(torch.equal(reconstruction, torch.cat([null.counterfactual for null in nulls])))
    store = work / _fingerprint(editor, factual, seed, strength)
    make_folder(store)
    edited = EditedCohort(name, rows, factual, reconstruction, equal, store)
    for finding in findings:
        added, removed = (
            kept(
                store / f"{finding}-{side}.npy",
                partial(_edit_all, editor, factual, prompt, seed, strength, progress),
            )
            for side, prompt in zip(("added", "removed"), prompts(name, finding), strict=True)
        )
        edited.pairs[finding] = (torch.from_numpy(added), torch.from_numpy(removed))
    return edited


def kept(path: Path, make_it: Callable[[], np.ndarray]) -> np.ndarray:
    """The array in `path`, made and written there if it is not: so a stopped run goes on where it was."""
    if path.is_file():
        return np.load(path, allow_pickle=False)
    made = make_it()
    with whole_file(path) as beside, beside.open("wb") as file:
        np.save(file, made, allow_pickle=False)
    return made


def _fingerprint(editor: Editor, factual: Tensor, seed: int, strength: float) -> str:
    """What the edits depend on, so that those of other weights, images or settings are never taken for these."""
    settings = f"{editor.digest} {editor.config} {seed} {strength} ".encode()
    return hashlib.sha256(settings + factual.numpy().tobytes()).hexdigest()[:16]


def _edit_all(
    editor: Editor, factual: Tensor, prompt: str, seed: int, strength: float, progress: Progress
) -> np.ndarray:
    request, made = parse_prompt(prompt), []
    for part in factual.split(BATCH):
        made.append(editor.edit(part, request, seed=seed, strength=strength).counterfactual)
        progress(prompt, sum(len(m) for m in made), len(factual))
    return torch.cat(made).numpy()
