"""What the experiments on a prior share: results as JSON and Markdown, and arrays kept for a run that was stopped."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from causaray.evaluation.edits.edited_cohort import kept
from causaray.writing import make_folder, whole_file

Tell = Callable[[str], None]


def write_results(
    out: Path, title: str, about: Mapping[str, Any], found: Mapping[str, Any], page: Sequence[str]
) -> None:
    """Write results.json, and table.md: title, what was run, then the lines of `page`."""
    make_folder(out)
    with whole_file(out / "results.json") as beside:
        beside.write_text(json.dumps({"about": about, **found}, indent=1) + "\n", encoding="utf-8")
    run = "; ".join(f"{key}: {value}" for key, value in about.items() if key != "command" and value is not None)
    lines = [f"# {title}", "", f"Made by `{about['command']}`.", "", f"{run}.", "", *page, ""]
    with whole_file(out / "table.md") as beside:
        beside.write_text("\n".join(lines), encoding="utf-8")


def interval_cell(figure: Mapping[str, float]) -> str:
    """A figure with its interval, to two places."""
    return f"{figure['value']:.2f} ({figure['low']:.2f} to {figure['high']:.2f})"


def percent(figure: Mapping[str, float]) -> str:
    """A share with its interval, in %."""
    value, low, high = (100 * figure[key] for key in ("value", "low", "high"))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def kept_array(work: Path, key: Sequence[Any], make: Callable[[], np.ndarray]) -> np.ndarray:
    """What `make` returns, made once for a key and kept in the folder `work`."""
    make_folder(work)
    return kept(work / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]}.npy", make)
