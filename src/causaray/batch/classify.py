"""`causaray batch classify`: how probable each finding is on every film of a cohort, as one table in shards."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from causaray import weightfiles
from causaray.batch.edit import frontal_rows
from causaray.batch.work import in_batches, study_id
from causaray.classifiers.judge import Judge
from causaray.cohorts.cohort import Cohort
from causaray.cohorts.sharded.shard import shard_path
from causaray.sharding.whole import durable_file

CLASSIFIED, SUMMARY = "classified.parquet", "classified.json"


@dataclass(frozen=True)
class ClassifyWork:
    """The probabilities that a judge, or a classifier that `train` has written, gives the frontal films of a split."""

    weights: str
    digest: str
    split: str | None
    batch: int

    @classmethod
    def of(cls, weights: str | Path, split: str | None, batch: int) -> "ClassifyWork":
        """Raises BadInput for weights that hold no judge."""
        return cls(str(weights), _judge(str(weights)).digest, split, batch)

    def settings(self) -> dict[str, Any]:
        return {"verb": "classify", "weights": self.digest, "split": self.split, "batch": self.batch}

    def count(self, cohort: Cohort) -> int:
        return len(frontal_rows(cohort, self.split))

    def write(self, cohort: Cohort, items: np.ndarray, folder: Path) -> dict[str, Any]:
        rows, judge = frontal_rows(cohort, self.split)[items], _judge(self.weights)
        said = np.empty((len(rows), len(judge.names)), np.float32)
        for places, n in in_batches(len(rows), self.batch):
            images = torch.from_numpy(cohort.images(rows[places]))
            said[places[:n]] = judge.predict(images, self.batch)[:n].numpy()
        ids = [study_id(row) for _, row in cohort.table.iloc[rows].iterrows()]
        table = pd.DataFrame({"study": ids, "source_row": rows})
        table[list(judge.names)] = said.round(6)
        table.to_parquet(folder / CLASSIFIED, index=False)
        return {"count": len(rows)}

    def finish(self, cohort: Cohort, out: Path, told: list[dict[str, Any]]) -> None:
        files = [shard_path(out, number) / CLASSIFIED for number in range(len(told))]
        summary = {
            "of": cohort.name, "weights": weightfiles.find(self.weights).name, "digest": self.digest,
            "studies": sum(one["count"] for one in told), "findings": list(_judge(self.weights).names),
            "tables": [file.relative_to(out).as_posix() for file in files],
        }  # fmt: skip
        durable_file(out / SUMMARY, json.dumps(summary, indent=1).encode())


@lru_cache(1)
def _judge(weights: str) -> Judge:
    return Judge.load(weights)
