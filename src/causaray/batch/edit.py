"""`causaray batch edit`: every film of a cohort as it would be with, or without, a finding, as another cohort."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from causaray.batch.work import in_batches, study_id, study_seed
from causaray.batch.written import as_bytes, synthetic_study, write_cohort, write_images
from causaray.cohorts.cohort import Cohort
from causaray.editors.edit import EditRequest
from causaray.editors.protocol import Editor, takes_side
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.findings import check_known, parse_prompt
from causaray.scan import LATERAL

EDITS, PREFIX = "edits.parquet", "edited-"


@dataclass(frozen=True)
class EditWork:
    """Edits of the frontal films of a split (all when None), of strength in [0, 1], the seed of each of its id."""

    prompt: str
    weights: str
    digest: str
    seed: int
    strength: float
    split: str | None
    batch: int
    device: str

    @classmethod
    def of(
        cls, prompt: str, weights: str | Path, seed: int, strength: float, split: str | None, batch: int, device: str
    ) -> "EditWork":
        """Raises BadInput for weights that are not there or draw, and for what they do not know."""
        spec = EditorSpec.of(weights)
        if spec.size is None:
            raise BadInput(f"{spec.folder.name} draws; use `causaray batch draw`, which passes over unreadable films.")
        check_known(parse_prompt(prompt), spec.names, spec.folder.name)
        digest = opened_editor(str(weights), device).digest
        return cls(prompt, str(weights), digest, seed, strength, split, batch, device)

    def settings(self) -> dict[str, Any]:
        return {
            "verb": "edit", "prompt": self.prompt, "weights": self.digest, "seed": self.seed,
            "strength": self.strength, "split": self.split, "batch": self.batch,
        }  # fmt: skip

    def count(self, cohort: Cohort) -> int:
        check_side(opened_editor(self.weights, self.device), cohort)
        return len(frontal_rows(cohort, self.split))

    def write(self, cohort: Cohort, items: np.ndarray, folder: Path) -> dict[str, Any]:
        rows = frontal_rows(cohort, self.split)[items]
        editor, request = opened_editor(self.weights, self.device), parse_prompt(self.prompt)
        table = cohort.table.iloc[rows]
        ids = [study_id(row) for _, row in table.iterrows()]
        seeds = np.array([study_seed(self.seed, one) for one in ids])
        pixels = np.empty((len(rows), cohort.size, cohort.size), np.uint8)
        change = np.empty(len(rows), np.float32)
        for places, n in in_batches(len(rows), self.batch):
            images = torch.from_numpy(cohort.images(rows[places]))
            made = editor.edit(images, EditRequest(request, seeds[places].tolist(), self.strength)).counterfactual
            pixels[places[:n]] = as_bytes(made[:n])
            change[places[:n]] = (made[:n].cpu() - images[:n]).abs().mean((1, 2, 3)).numpy()
        changed = {finding.name: finding.state for finding in request if finding.state != "uncertain"}
        how = {"request": self.prompt, "weights": editor.name, "strength": str(self.strength)}
        studies = [
            synthetic_study(row, PREFIX + row["cohort"], changed, how | {"seed": str(seed)})
            for (_, row), seed in zip(table.iterrows(), seeds, strict=True)
        ]
        write_images(folder, pixels, studies)
        about = {"study": ids, "source_row": rows, "seed": seeds, "mean_change": change}
        pd.DataFrame(about).to_parquet(folder / EDITS, index=False)
        return {"count": len(rows)}

    def finish(self, cohort: Cohort, out: Path, told: list[dict[str, Any]]) -> None:
        about = f"counterfactuals of {cohort.name} by {Path(self.weights).name} {self.digest[:16]}"
        write_cohort(out, told, cohort, PREFIX + cohort.name, about)


def frontal_rows(cohort: Cohort, split: str | None) -> np.ndarray:
    """The numbers of the rows of a split (all when None) that are not known to be lateral. Raises BadInput for none."""
    table = cohort.table
    keep = (table["view"] != LATERAL).to_numpy(bool) & ((table["split"] == split).to_numpy(bool) if split else True)
    if not keep.any():
        raise BadInput(f"{cohort.name} has no frontal film{f' of split {split}' if split else ''}.")
    return np.flatnonzero(keep)


def check_side(editor: Editor, cohort: Cohort) -> None:
    """Raises BadInput for a cohort of a size that the editor does not take."""
    if not takes_side(editor, cohort.size):
        raise BadInput(f"The cohort was prepared at {cohort.size} px; {editor.name} works at {editor.size} px.")


@lru_cache(1)
def opened_editor(weights: str, device: str) -> Editor:
    """The editor, opened once a process."""
    return EditorSpec.of(weights).open(device)
