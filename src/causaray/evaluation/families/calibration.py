"""Calibration, as metrics.json holds it: of the judge before and after edits, and of the severity asked for."""

from typing import Any

import numpy as np

from causaray.evaluation.calibration import calibration
from causaray.evaluation.context import Context
from causaray.evaluation.families.effect import sides
from causaray.evaluation.severity import by_severity
from causaray.finding import Finding
from causaray.findings import Findings

IMAGES = 32
"""How many images are edited at every severity."""
SEVERITIES = ("mild", "moderate", "severe")


def measure(context: Context) -> dict[str, Any]:
    """ "real" and "edited": finding -> calibration; "severity": finding -> what asking for more of it does."""
    real, edited = {}, {}
    for finding in context.edited.pairs:
        up, down, j = sides(context, finding)
        n, people = len(up), context.patients
        real[finding] = calibration(context.truth[:, j], context.real[:, j], people, context.seed)
        asked, scores = np.repeat([1.0, 0.0], n), np.concatenate([up, down])
        edited[finding] = calibration(asked, scores, np.tile(people, 2), context.seed)
    severity = {finding: _severity(context, finding) for finding in context.edited.pairs} if context.own else None
    return {"real": real, "edited": edited, "severity": severity}


def _severity(context: Context, finding: str) -> dict[str, Any]:
    rows, j = context.sample(IMAGES), context.judge.names.index(finding)
    changes = {}
    for severity in SEVERITIES:
        made = context.edit(context.edited.factual[rows], Findings((Finding(finding, severity=severity),)))
        score = context.scores(f"{finding} {severity}", made)[:, j]
        changes[severity] = score - context.real[rows, j]
    return by_severity(changes, context.patients[rows], context.seed)
