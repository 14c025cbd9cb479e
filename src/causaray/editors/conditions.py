"""What a request asks of a model, as the label row that it was trained on."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings, check_known
from causaray.vocabulary import PATIENT_SIDES, condition_columns

SEVERITY = {"mild": 0.2, None: 0.55, "moderate": 0.55, "severe": 0.85}
"""The severity in (0, 1] that a word means where it was learned."""


def check_asked(request: Findings, strength: float, names: Sequence[str], editor: str) -> None:
    """Raises BadInput unless an editor that knows `names` can be asked for that."""
    check_strength(strength)
    check_known(request, names, editor)
    if not any(f.state != "uncertain" for f in request):
        raise BadInput("The request names no finding that is to be present or absent.")


def check_strength(strength: float) -> None:
    """Raises BadInput for a strength outside [0, 1]."""
    if not 0 <= strength <= 1:
        raise BadInput(f"Strength {strength} is outside 0 (nothing) to 1 (as much as the editor can).")


def opposites(findings: Iterable[Finding]) -> list[Finding]:
    """What is wanted present as absent, what is wanted absent as present: what an edit is guided away from."""
    states = {"present": "absent", "absent": "present"}
    return [replace(finding, state=states[finding.state]) for finding in findings if finding.state in states]


def asked_labels(findings: Sequence[Finding], names: Sequence[str], graded: bool = False) -> Tensor:
    """The label row (1, n) that a request describes: 0 absent, up to 1 present, NaN not mentioned.

    When `graded`, a column for each side (`graded_columns`): the severity where a finding is asked for, both sides
    when none is said.
    """
    columns = condition_columns(names, graded)
    labels = torch.full((1, len(columns)), torch.nan)
    for finding in findings:
        value = float(finding.state == "present") * (SEVERITY[finding.severity] if graded else 1.0)
        sides = [f" {side}" for side in PATIENT_SIDES if finding.side in (side, "bilateral", None)] if graded else [""]
        for side in sides:
            if finding.state != "uncertain":
                labels[0, columns.index(finding.name + side)] = value
    return labels
