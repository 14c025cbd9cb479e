"""What an audit leaves behind: audit.json, report.html, and a PNG of the worst cases of each finding."""

import json
from collections.abc import Sequence
from pathlib import Path

from causaray.evaluation.audit.audit import Audit
from causaray.evaluation.audit.page import page
from causaray.imagefiles import write_grid
from causaray.writing import make_folder, whole_file, without_nan

AUDIT, PAGE = "audit.json", "report.html"


def write_audit(made: Audit, out: Path) -> None:
    """Write everything into the folder `out`. Raises BadInput when it cannot be written to."""
    report = without_nan(made.report)
    make_folder(out)
    for finding, cases in made.worst.items():
        write_grid([case.panels() for case in cases], out / worst_name(finding))
    for finding, rows in made.attributions.items():
        write_grid(rows, out / attribution_name(finding))
    with whole_file(out / AUDIT) as beside:
        beside.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    with whole_file(out / PAGE) as beside:
        beside.write_text(page(report, made.worst, made.attributions), encoding="utf-8")


def worst_name(finding: str) -> str:
    """The file of a finding's worst cases."""
    return f"{finding.lower().replace(' ', '-')}-worst.png"


def attribution_name(finding: str) -> str:
    """The file of a finding's attributions."""
    return f"{finding.lower().replace(' ', '-')}-attribution.png"


def trained(weights: str, cohorts: Sequence[str]) -> str:
    """A sentence of where the editor and the shipped judge come from."""
    named = f"was trained on {', '.join(cohorts)}" if cohorts else "does not say what it was trained on"
    return (
        f"The editor {weights} {named}; the shipped judge learned from other patients of the same hospitals, so an "
        "audit of our own judge is an example and no independent finding."
    )
