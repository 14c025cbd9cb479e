"""`causaray batch augment`: what `augment` makes, for cohorts whose balance takes days."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from causaray.batch.edit import check_side, opened_editor
from causaray.batch.work import in_batches, study_id, study_seed
from causaray.batch.written import as_bytes, synthetic_study, write_cohort, write_images
from causaray.cohorts.cohort import Cohort
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.experiments.augment import Wanted, by_request, planned
from causaray.vocabulary import SEVERITIES


@dataclass(frozen=True)
class AugmentWork:
    """Counterfactuals of training patients until each finding is shown as often as the most common, or `to` times."""

    weights: str
    digest: str
    findings: tuple[str, ...]
    to: int | None
    seed: int
    strength: float
    batch: int
    device: str

    @classmethod
    def of(
        cls, weights: str | Path, findings: tuple[str, ...], to: int | None, seed: int, strength: float, batch: int,
        device: str,
    ) -> "AugmentWork":  # fmt: skip
        """Raises BadInput for weights that are not there."""
        digest = opened_editor(str(weights), device).digest
        return cls(str(weights), digest, findings, to, seed, strength, batch, device)

    def settings(self) -> dict[str, Any]:
        return {
            "verb": "augment", "weights": self.digest, "findings": list(self.findings), "to": self.to,
            "seed": self.seed, "strength": self.strength, "batch": self.batch, "severities": list(SEVERITIES),
        }  # fmt: skip

    def count(self, cohort: Cohort) -> int:
        check_side(opened_editor(self.weights, self.device), cohort)
        wanted = _plan(self, cohort)[1]
        if not wanted:
            raise BadInput(f"Every finding of {cohort.name} is shown as often as asked; ask for more with --to.")
        return len(wanted)

    def write(self, cohort: Cohort, items: np.ndarray, folder: Path) -> dict[str, Any]:
        rows, plan = _plan(self, cohort)
        part, editor = [plan[i] for i in items], opened_editor(self.weights, self.device)
        pixels = np.empty((len(part), cohort.size, cohort.size), np.uint8)
        seeds = np.array([self._seed(rows, one) for one in part])
        for request, where in by_request(part):
            for places, n in in_batches(len(where), self.batch):
                chosen = where[places]
                images = torch.from_numpy(rows.images(np.array([part[i].row for i in chosen])))
                made = editor.edit(images, EditRequest(request, seeds[chosen].tolist(), self.strength))
                pixels[chosen[:n]] = as_bytes(made.counterfactual[:n])
        how = {"weights": editor.name, "strength": str(self.strength)}
        studies = []
        for one, seed in zip(part, seeds, strict=True):
            row = rows.table.iloc[one.row]
            told = how | {"shows": one.finding, "severity": one.severity, "seed": str(seed)}
            studies.append(synthetic_study(row, row["cohort"], {one.finding: "present"}, told))
        write_images(folder, pixels, studies)
        return {"count": len(part)}

    def finish(self, cohort: Cohort, out: Path, told: list[dict[str, Any]]) -> None:
        about = f"counterfactuals of {cohort.name} by {Path(self.weights).name} {self.digest[:16]}"
        write_cohort(out, told, cohort, cohort.name, about)

    def _seed(self, rows: Cohort, one: Wanted) -> int:
        """Of the study, the finding, and how often the same study was asked for the same one before."""
        return study_seed(self.seed, f"{study_id(rows.table.iloc[one.row])}:{one.finding}:{one.seed}")


@lru_cache(1)
def _plan(work: AugmentWork, cohort: Cohort) -> tuple[Cohort, list[Wanted]]:
    """The training rows, and what is to be made of them."""
    rows = cohort.subset(split="train")
    return rows, planned(rows, opened_editor(work.weights, work.device).names, work.findings, work.to, work.seed)
