"""How the shards of batch work are written: images as a prepared cohort, figures as Parquet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from causaray.cohorts.cohort import PIXELS, TABLE, Cohort
from causaray.cohorts.sharded.finish import write_card
from causaray.cohorts.store import as_parquet, table_of_studies
from causaray.finding import Finding
from causaray.findings import NAMES, Findings
from causaray.study import Study

STATES = {1.0: "present", 0.0: "absent", -1.0: "uncertain"}


def as_bytes(images: Tensor) -> np.ndarray:
    """uint8 (B, S, S) of images (B, 1, S, S) in [0, 1]."""
    rounded: np.ndarray = (images[:, 0].cpu() * 255).round().clamp(0, 255).numpy().astype(np.uint8)
    return rounded


def write_images(folder: Path, pixels: np.ndarray, studies: Sequence[Study]) -> None:
    """Write the pixels (n, S, S) and the table of n studies, as a shard of a cohort has them."""
    np.save(folder / PIXELS, pixels, allow_pickle=False)
    table = table_of_studies(studies, "") if studies else empty_table()
    (folder / TABLE).write_bytes(as_parquet(table))


def empty_table() -> pd.DataFrame:
    """The table of a shard in which nothing could be made."""
    one = Study(Path("none"), Findings(), "none", "none")
    return table_of_studies([one], "").iloc[:0]


def write_cohort(out: Path, told: list[dict[str, Any]], source: Cohort, name: str, about: str) -> None:
    """Write the card by which `Cohort.open` takes the shards as one; about: where the images come from, in words."""
    write_card(out, out, told, {"name": name, "size": source.size, "source": about}, PIXELS)


def synthetic_study(row: Any, cohort: str, changed: Mapping[str, str], how: Mapping[str, str]) -> Study:
    """The study of a table's row as it is in another image of it: `changed` findings (name -> state), and in its `row`,
    beside `how`, that it is synthetic and of which image."""
    states = {name: STATES[float(row[name])] for name in NAMES if np.isfinite(row[name])} | dict(changed)
    if "present" in [state for name, state in changed.items() if name != "No Finding"]:
        states.pop("No Finding", None)
    findings = Findings(tuple(Finding(name, state) for name, state in states.items()))  # type: ignore[arg-type]
    return Study(
        Path(row["image"]), findings, row["patient"], cohort, _number(row["age"]), _text(row["sex"]),
        _text(row["view"]), _number(row["time"]), _text(row["split"]), _text(row["fold"]) or "", bool(row["open"]),
        {"synthetic": "true", "of": row["image"], **how},
    )  # fmt: skip


def _text(value: Any) -> Any:
    return None if pd.isna(value) else str(value)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
