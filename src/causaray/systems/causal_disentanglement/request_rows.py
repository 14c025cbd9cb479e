"""Requests with severity, side and place as label rows, for weights that learned from true groups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from causaray.anatomy.requests import PATCHES, UNSIDED
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.vocabulary import DEVICE, NORMAL, PATIENT_SIDES, graded_columns

PLACES = ("upper", "middle", "lower", "diffuse")
"""Columns that tell how high a finding lies, and of fluid that the patient lies down."""
_PLACE_OF = {"apical": "upper", "perihilar": "middle", "basal": "lower", "retrocardiac": "lower"}
ALIKE = ("Consolidation", *PATCHES)
"""Names of one picture: where one is drawn the others are neither absent nor present."""
WITHOUT_SIDE = (*UNSIDED, DEVICE)
"""Findings for which a side is not asked, or not known."""


def pictured(names: Sequence[str], name: str) -> list[int]:
    """Where among `names` the maps stand that show a finding: its own, and those of names for the same picture.

    Of "No Finding" those of all others but devices: what is absent then.
    """
    if name == NORMAL:
        return [i for i, other in enumerate(names) if other not in (NORMAL, DEVICE)]
    return [i for i, other in enumerate(names) if other == name or (name in ALIKE and other in ALIKE)]


def request_columns(names: Sequence[str]) -> tuple[str, ...]:
    """The columns of label rows: a severity for each side of each finding, and a place."""
    return (*graded_columns(names), *PLACES)


def label_row(names: Sequence[str], severities: Mapping[str, tuple[float, float]], place: str | None) -> np.ndarray:
    """The label row (c,) float32: of each finding the severity right and left in [0, 1], NaN where nothing is said.

    place: lobe, zone or "diffuse". "No Finding" of severities above 0 stands for the absence of all others but devices.
    """
    columns = request_columns(names)
    row = np.full(len(columns), np.nan, np.float32)
    for name, sides in severities.items():
        if name == NORMAL:
            others = [i for i, column in enumerate(columns[: 2 * len(names)]) if not column.startswith(DEVICE)]
            row[others] = 0.0 if max(sides) > 0 else np.nan
            continue
        for side, severity in zip(PATIENT_SIDES, sides, strict=True):
            row[columns.index(f"{name} {side}")] = severity
    if place is not None:
        row[columns.index(_PLACE_OF.get(place, place.split()[0]))] = 1.0
    return row


def asked_row(
    findings: Iterable[Finding], names: Sequence[str], words: Mapping[str, float], scale: float = 1.0
) -> Tensor:
    """The label row (1, c) of findings of one place. words: the severity that each word means, "moderate" where none is
    said; `scale` multiplies them, up to 1.
    """
    severities, place = dict[str, tuple[float, float]](), None
    for finding in findings:
        value = min(1.0, words[finding.severity or "moderate"] * scale) if finding.state == "present" else 0.0
        everywhere = finding.side in (None, "bilateral")
        right, left = (
            value if everywhere or finding.side == side else 0.0 if value else np.nan for side in PATIENT_SIDES
        )
        severities[finding.name] = right, left
        place = finding.location if value else place
    return torch.from_numpy(label_row(names, severities, place))[None]


def with_sides(request: Findings, seed: int) -> Findings:
    """The request with a side, drawn by lot from the seed, for what is to be present on one side and does not say."""
    rng = np.random.default_rng((seed, 1))
    return Findings(_with_side(finding, str(rng.choice(PATIENT_SIDES))) for finding in request)


def _with_side(finding: Finding, side: str) -> Finding:
    if finding.state != "present" or finding.side is not None or finding.name in (*WITHOUT_SIDE, NORMAL):
        return finding
    return replace(finding, side="right" if finding.location == "middle lobe" else side)
