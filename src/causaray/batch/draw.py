"""`causaray batch draw`: a finding drawn on every film of a cohort, as pairs whose true counterfactuals are known."""

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from causaray.anatomy.editor import DrawnEditor
from causaray.anatomy.requests import lesions
from causaray.batch.edit import frontal_rows
from causaray.batch.work import in_batches, study_id, study_seed
from causaray.batch.written import as_bytes, write_cohort, write_images
from causaray.cohorts.cohort import Cohort
from causaray.cohorts.drawn import PAIRS, PREFIX, SHARE, TRUTH, Pair, drawn_study, filled, one_request
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.sharding.whole import durable_file


@dataclass(frozen=True)
class DrawWork:
    """One of the requests drawn on each frontal film of a split; which one, and what it leaves open, is of its id."""

    requests: tuple[str, ...]
    weights: str
    digest: str
    seed: int
    split: str | None
    batch: int

    @classmethod
    def of(cls, requests: tuple[str, ...], weights: str | Path, seed: int, split: str | None, batch: int) -> "DrawWork":
        """Raises BadInput for a request that cannot be drawn, and for weights that draw nothing."""
        editor = _editor(str(weights))
        for text in requests:
            editor.check(one_request(text).finding)
        return cls(requests, str(weights), editor.digest, seed, split, batch)

    def settings(self) -> dict[str, Any]:
        return {
            "verb": "draw", "requests": list(self.requests), "weights": self.digest, "seed": self.seed,
            "split": self.split, "batch": self.batch,
        }  # fmt: skip

    def count(self, cohort: Cohort) -> int:
        return len(frontal_rows(cohort, self.split))

    def write(self, cohort: Cohort, items: np.ndarray, folder: Path) -> dict[str, Any]:
        """Films on which nothing can be drawn are passed over, and counted by the reason."""
        rows, editor = frontal_rows(cohort, self.split)[items], _editor(self.weights)
        films, truths, shares, studies, refused = [], [], [], [], dict[str, int]()
        for places, n in in_batches(len(rows), self.batch):
            images = torch.from_numpy(cohort.images(rows[places]))
            reading = editor.read(images)
            for i in range(n):
                pair = self._pair(cohort, int(rows[places[i]]))
                if pair is None:
                    continue
                asked = lesions(Findings([pair.asked.finding]), pair.seed, device=pair.asked.device)
                try:
                    made = editor.draw_on(images[i : i + 1], reading, i, asked, pair.seed)
                except BadInput as error:
                    why = str(error).split(" (")[0].rstrip(".")
                    refused[why] = refused.get(why, 0) + 1
                    continue
                films.append(as_bytes(images[i : i + 1]))
                truths.append(as_bytes(made.film))
                shares.append(as_bytes(made.share))
                studies.append(drawn_study(cohort, pair))
        none = [np.empty((0, cohort.size, cohort.size), np.uint8)]
        write_images(folder, np.concatenate(films or none), studies)
        for name, sheets in ((TRUTH, truths), (SHARE, shares)):
            np.save(folder / name, np.concatenate(sheets or none), allow_pickle=False)
        return {"count": len(studies), "refused": dict(sorted(refused.items()))}

    def finish(self, cohort: Cohort, out: Path, told: list[dict[str, Any]]) -> None:
        refused: dict[str, int] = {}
        for one in told:
            refused |= {why: refused.get(why, 0) + n for why, n in one["refused"].items()}
        if not sum(one["count"] for one in told):
            raise BadInput(f"No finding could be drawn on any film of {cohort.name}: {', '.join(refused) or 'none'}.")
        about = {"of": cohort.name, "findings": list(self.requests), "seed": self.seed, "weights": self.digest}
        durable_file(out / PAIRS, json.dumps(about | {"refused": refused}, indent=1).encode())
        write_cohort(out, told, cohort, PREFIX + cohort.name, f"{cohort.name}, drawn on by {Path(self.weights).name}")

    def _pair(self, cohort: Cohort, row: int) -> Pair | None:
        """What is drawn on the film of a row; None where it has that finding."""
        told = cohort.table.iloc[row]
        seed = study_seed(self.seed, study_id(told))
        asked = one_request(self.requests[seed % len(self.requests)])
        if told[asked.finding.name] == 1:
            return None
        return Pair(row, replace(asked, finding=filled(asked.finding, np.random.default_rng(seed))), seed)


@lru_cache(1)
def _editor(weights: str) -> DrawnEditor:
    return DrawnEditor.load(weights)
