"""`causaray batch evaluate`: what a judge sees before and after each edit of `batch edit`, as one table in shards."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from causaray.batch.edit import EDITS
from causaray.batch.work import in_batches
from causaray.classifiers.judge import Judge
from causaray.cohorts.cohort import Cohort
from causaray.cohorts.sharded.shard import shard_path
from causaray.errors import BadInput
from causaray.evaluation.statistics.bootstrap import mean_interval
from causaray.findings import Findings, parse_prompt
from causaray.sharding.plan import PLAN
from causaray.sharding.whole import durable_file
from causaray.weightfiles import find

MEASURED, MEASURES = "measured.parquet", "measures.json"
THRESHOLD = 0.5


@dataclass(frozen=True)
class EvaluateWork:
    """Measures of the edits in a folder of `batch edit`, beside the films of the cohort that they were made of."""

    edited: str
    prompt: str
    judge: str
    digest: str
    batch: int

    @classmethod
    def of(cls, edited: str | Path, judge: str | Path, batch: int) -> "EvaluateWork":
        """Raises BadInput for a folder that holds no whole batch edit, and for a judge that knows nothing asked for."""
        edited = Path(edited).absolute()
        try:
            settings = json.loads((edited / PLAN).read_text(encoding="utf-8"))["settings"]
        except (OSError, ValueError, KeyError):
            settings = {}
        if settings.get("verb") != "edit":
            raise BadInput(f"{edited} holds no edits of a cohort; make them by `causaray batch edit`.")
        opened = _judge(str(judge))
        work = cls(str(edited), settings["prompt"], str(judge), opened.digest, batch)
        if not work.asked():
            raise BadInput(f"{find(judge).name} knows nothing of what was asked for ({settings['prompt']}).")
        return work

    def settings(self) -> dict[str, Any]:
        edits = Cohort.open(self.edited).cards[0]["digest"]
        return {"verb": "evaluate", "edits": edits, "judge": self.digest, "batch": self.batch}

    def asked(self) -> Findings:
        """What was asked for and the judge knows."""
        known = _judge(self.judge).names
        return Findings(
            tuple(one for one in parse_prompt(self.prompt) if one.name in known and one.state != "uncertain")
        )

    def count(self, cohort: Cohort) -> int:
        return len(Cohort.open(self.edited))

    def write(self, cohort: Cohort, items: np.ndarray, folder: Path) -> dict[str, Any]:
        edited, judge = _edits(self.edited), _judge(self.judge)
        told = edited.table.iloc[items].reset_index(drop=True)
        rows = _source_rows(self.edited)[items]
        asked = self.asked()
        columns = [judge.names.index(finding.name) for finding in asked]
        before, after = (np.empty((len(items), len(columns)), np.float32) for _ in range(2))
        change = np.empty(len(items), np.float32)
        for places, n in in_batches(len(items), self.batch):
            films, made = (
                torch.from_numpy(one.images(where[places])) for one, where in ((cohort, rows), (edited, items))
            )
            for said, images in ((before, films), (after, made)):
                said[places[:n]] = judge.predict(images, self.batch)[:n, columns].numpy()
            change[places[:n]] = (made[:n] - films[:n]).abs().mean((1, 2, 3)).numpy()
        parts = [
            pd.DataFrame({
                "study": told["cohort"] + "/" + told["image"], "patient": told["patient"], "finding": finding.name,
                "state": finding.state, "before": before[:, i], "after": after[:, i], "mean_change": change,
            })
            for i, finding in enumerate(asked)
        ]  # fmt: skip
        pd.concat(parts, ignore_index=True).to_parquet(folder / MEASURED, index=False)
        return {"count": len(items)}

    def finish(self, cohort: Cohort, out: Path, told: list[dict[str, Any]]) -> None:
        table = pd.concat([pd.read_parquet(shard_path(out, number) / MEASURED) for number in range(len(told))])
        found: dict[str, Any] = {
            "of": cohort.name,
            "edits": Path(self.edited).name,
            "prompt": self.prompt,
            "judge": self.digest,
        }
        found["findings"] = {}
        for finding in self.asked():
            of = table[table["finding"] == finding.name]
            patients, upward = of["patient"].to_numpy(), finding.state == "present"
            before, after = of["before"].to_numpy(float), of["after"].to_numpy(float)
            reached = after >= THRESHOLD if upward else after < THRESHOLD
            figures = {"before": before, "after": after, "moved": (after - before) * (1 if upward else -1)}
            figures |= {"reached": reached.astype(float), "mean_change": of["mean_change"].to_numpy(float)}
            found["findings"][finding.name] = {"state": finding.state} | {
                name: mean_interval(values, patients) for name, values in figures.items()
            }
        durable_file(out / MEASURES, json.dumps(found, indent=1).encode())


@lru_cache(1)
def _judge(weights: str) -> Judge:
    return Judge.load(weights)


@lru_cache(1)
def _edits(folder: str) -> Cohort:
    return Cohort.open(folder)


@lru_cache(1)
def _source_rows(folder: str) -> np.ndarray:
    files = sorted(Path(folder).glob(f"shards/*/{EDITS}"))
    return pd.concat([pd.read_parquet(file, columns=["source_row"]) for file in files])["source_row"].to_numpy()
