"""Calibration, as metrics.json holds it: of the judge before and after edits, and of severity and side asked for."""

from typing import Any

import numpy as np
from torch import Tensor

from causaray.evaluation.classification.calibration import calibration
from causaray.evaluation.context import Context
from causaray.evaluation.families.effect import sides
from causaray.evaluation.images.extent import area, on_side, opacity
from causaray.evaluation.measures.severity import by_severity, rising
from causaray.evaluation.statistics.bootstrap import mean_interval
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.vocabulary import PATIENT_SIDES

IMAGES = 32
"""How many images are edited at every severity, and on each side."""
SEVERITIES = ("mild", "moderate", "severe")
SIDED = (
    "Lung Lesion", "Lung Opacity", "Consolidation", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Fracture",
    "Mass", "Nodule", "Infiltration", "Pneumonia", "Pleural Thickening",
)  # fmt: skip
"""Findings that may be on one side alone."""


def measure(context: Context) -> dict[str, Any]:
    """ "real" and "edited": finding -> calibration; "severity": finding -> what asking for more of it does; "side":
    finding -> whether it changes the side asked for, of those that have one."""
    real, edited = {}, {}
    for finding in context.edited.pairs:
        up, down, j = sides(context, finding)
        n, people = len(up), context.patients
        real[finding] = calibration(context.truth[:, j], context.real[:, j], people, context.seed)
        asked, scores = np.repeat([1.0, 0.0], n), np.concatenate([up, down])
        edited[finding] = calibration(asked, scores, np.tile(people, 2), context.seed)
    asked_more = context.own is not None
    severity = {finding: _severity(context, finding) for finding in context.edited.pairs} if asked_more else None
    sided = [finding for finding in context.edited.pairs if finding in SIDED]
    side = {finding: _side(context, finding) for finding in sided} if asked_more else None
    return {"real": real, "edited": edited, "severity": severity, "side": side}


def _severity(context: Context, finding: str) -> dict[str, Any]:
    rows, j = context.sample(IMAGES), context.judge.names.index(finding)
    seen, areas, opacities = {}, [], []
    for severity in SEVERITIES:
        made, change = _changed(context, rows, Finding(finding, severity=severity))
        seen[severity] = context.scores(f"{finding} {severity}", made)[:, j] - context.real[rows, j]
        areas.append(area(change))
        opacities.append(opacity(change))
    people = context.patients[rows]
    return {
        **by_severity(seen, people, context.seed),
        "area_rising": mean_interval(rising(np.stack(areas)), people, seed=context.seed),
        "opacity_rising": mean_interval(rising(np.stack(opacities)), people, seed=context.seed),
    }


def _side(context: Context, finding: str) -> dict[str, Any]:
    """The share of images in which more changes on the side asked for, and on the left whichever was asked for."""
    rows = context.sample(IMAGES)
    people = np.tile(context.patients[rows], 2)
    changes = [_changed(context, rows, Finding(finding, side=side))[1] for side in PATIENT_SIDES]
    as_asked = [on_side(change, side) for change, side in zip(changes, PATIENT_SIDES, strict=True)]
    left = [on_side(change, "left") for change in changes]
    return {
        "asked": mean_interval(np.concatenate(as_asked), people, seed=context.seed),
        "left": mean_interval(np.concatenate(left), people, seed=context.seed),
    }


def _changed(context: Context, rows: np.ndarray, asked: Finding) -> tuple[Tensor, Tensor]:
    factual = context.edited.factual[rows]
    made = context.edit(factual, Findings((asked,)))
    return made, made - factual
