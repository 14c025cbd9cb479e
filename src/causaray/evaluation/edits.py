"""The edits that are measured: every image of a split with each finding added, and with it removed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.methods.editor import Editor

ADULT = ("Pleural Effusion", "Cardiomegaly", "Atelectasis", "Pneumothorax", "Edema", "Consolidation")
ASKED = {"kermany": ("Pneumonia",), "nih": ADULT}
"""What is asked of the cohorts that come with the project; of another cohort, all that editor and judge know."""

BATCH = 16
Progress = Callable[[str, int, int], None]


@dataclass
class EditedCohort:
    """Real, reconstructed and edited images (N, 1, S, S) in [0, 1] of a cohort; `pairs` finding -> (added, removed)."""

    name: str
    rows: Cohort
    factual: Tensor
    reconstruction: Tensor
    null_equal: bool
    pairs: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)

    @property
    def patients(self) -> np.ndarray:
        return self.rows.table["patient"].to_numpy()


def prompts(cohort: str, finding: str) -> tuple[str, str]:
    """The two prompts of a finding. A cohort that knows one disease is asked for health, not for its absence."""
    return finding.lower(), "no finding" if ASKED.get(cohort) == (finding,) else f"no {finding.lower()}"


def by_cohort(cohort: Cohort, split: str, limit: int | None, seed: int) -> Iterator[tuple[str, Cohort]]:
    """The rows of a split, cohort by cohort, at most `limit` of each. Raises BadInput when fewer than 8 are left."""
    rows = cohort.subset(split=split)
    if len(rows) < 8:
        raise BadInput(f"Split {split} holds {len(rows)} images; at least 8 are needed to measure anything.")
    names = rows.table["cohort"].to_numpy()
    for name in dict.fromkeys(names):
        chosen = np.flatnonzero(names == name)
        if limit is not None and len(chosen) > limit:
            chosen = np.sort(np.random.default_rng(seed).choice(chosen, limit, replace=False))
        mask = np.zeros(len(rows), bool)
        mask[chosen] = True
        yield name, rows.subset(mask=mask)


def make(
    editor: Editor, name: str, rows: Cohort, findings: tuple[str, ...], work: Path, seed: int, strength: float,
    progress: Progress,
) -> EditedCohort:  # fmt: skip
    """Reconstruct and edit all rows; what `work` already holds is not made again."""
    factual = torch.from_numpy(rows.images(np.arange(len(rows))))
    probe = parse_prompt(prompts(name, findings[0])[0])
    nulls = [editor.edit(part, probe, seed=seed, strength=0) for part in factual.split(BATCH)]
    reconstruction = torch.cat([null.reconstruction for null in nulls])
    equal = bool(torch.equal(reconstruction, torch.cat([null.counterfactual for null in nulls])))
    edited = EditedCohort(name, rows, factual, reconstruction, equal)
    for finding in findings:
        sides = [
            _kept(
                work / f"{name}-{finding}-{side}.npy",
                lambda prompt=prompt: _edit_all(editor, factual, prompt, seed, strength, progress),
            )
            for side, prompt in zip(("added", "removed"), prompts(name, finding), strict=True)
        ]
        edited.pairs[finding] = (sides[0], sides[1])
    return edited


def _edit_all(editor: Editor, factual: Tensor, prompt: str, seed: int, strength: float, progress: Progress) -> Tensor:
    request, made = parse_prompt(prompt), []
    for part in factual.split(BATCH):
        made.append(editor.edit(part, request, seed=seed, strength=strength).counterfactual)
        progress(prompt, sum(len(m) for m in made), len(factual))
    return torch.cat(made)


def _kept(path: Path, make_it: Callable[[], Tensor]) -> Tensor:
    if path.is_file():
        return torch.from_numpy(np.load(path, allow_pickle=False))
    made = make_it()
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        np.save(file, made.numpy(), allow_pickle=False)
    beside.replace(path)
    return made
