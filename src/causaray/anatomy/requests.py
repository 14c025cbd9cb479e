"""What is asked for in words, as lesions to be drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from causaray.anatomy.devices import DEVICES
from causaray.anatomy.drawing import DRAWABLE, Lesion
from causaray.anatomy.lesions.consolidation import LOBES, ZONES
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.vocabulary import DEVICE

SEVERITY: Mapping[str | None, float] = {"mild": 0.34, "moderate": 0.6, None: 0.6, "severe": 0.88}
"""The number that a word of severity stands for."""
UNSIDED = ("Cardiomegaly", "Enlarged Cardiomediastinum", "Edema", "Emphysema")
"""Findings that have no side."""
ROUND = ("Lung Lesion", "Nodule", "Mass")
"""Of these: they lie in a zone, whatever the lobe."""
PATCHES = ("Pneumonia", "Lung Opacity", "Infiltration")
"""Drawn as consolidation, in a zone where no place is asked for."""
PLACED = ("Consolidation", *PATCHES, *ROUND)
"""Findings that have a place within the lung."""
FULL_STRENGTH = 0.7
"""The strength of an edit at which a severity means what its word says."""
_SIDES = {"left": ("left",), "right": ("right",), "bilateral": ("right", "left")}


def lesions(request: Findings, seed: int, strength: float = FULL_STRENGTH, device: str | None = None) -> list[Lesion]:
    """The lesions of a request; what it leaves open (side, place, kind of device) is drawn by lot from the seed.

    `strength` in [0, 1] scales the severities, FULL_STRENGTH as they are. `device` is one of DEVICES.
    Raises BadInput for a finding that cannot be drawn, is to be removed, or cannot lie where it is asked for.
    """
    rng = np.random.default_rng((seed, 1))
    present = [finding for finding in request if finding.state == "present"]
    gone = [finding for finding in request if finding.state != "present"]
    if gone or not present:
        said = gone[0].to_text() if gone else request.to_text()
        raise BadInput(f'"{said}" cannot be drawn: findings are drawn, not taken away; ask for one that is present.')
    return [lesion for finding in present for lesion in _lesions(finding, rng, strength / FULL_STRENGTH, device)]


def _lesions(finding: Finding, rng: np.random.Generator, scale: float, device: str | None) -> list[Lesion]:
    name = finding.name
    if name not in (*DRAWABLE, *PATCHES):
        known = ", ".join(sorted((*DRAWABLE, *PATCHES)))
        raise BadInput(f"{name} cannot be drawn; these can: {known}.")
    severity = min(1.0, SEVERITY[finding.severity] * scale)
    if severity <= 0:
        return []
    if name == DEVICE:
        if device is not None and device not in DEVICES:
            raise BadInput(f'There is no device "{device}" to draw; the devices are {", ".join(DEVICES)}.')
        sides = _SIDES.get(finding.side or "", ())
        return [Lesion(name, severity, sides, device or str(rng.choice(list(DEVICES))))]
    if name in UNSIDED:
        _check_unsided(finding)
        return [Lesion(name, severity)]
    sides = _sides(finding, rng)
    where = _where(finding, rng)
    return [Lesion("Consolidation" if name in PATCHES else name, severity, (side,), where) for side in sides]


def _check_unsided(finding: Finding) -> None:
    if finding.side in ("left", "right"):
        raise BadInput(f'"{finding.to_text()}": {finding.name} has no side; leave "{finding.side}" out.')
    if finding.location not in (None, "diffuse", "perihilar"):
        raise BadInput(f'"{finding.to_text()}": {finding.name} has no place; leave "{finding.location}" out.')


def _sides(finding: Finding, rng: np.random.Generator) -> tuple[str, ...]:
    if finding.location == "middle lobe":
        return ("right",)
    return _SIDES[finding.side] if finding.side else (("right", "left")[int(rng.integers(2))],)


def _where(finding: Finding, rng: np.random.Generator) -> str | None:
    """Lobe or zone; drawn by lot for a finding that has one and does not say."""
    location, name = finding.location, finding.name
    if location is None:
        if name == "Consolidation":
            return str(rng.choice(["upper lobe", "lower lobe"]))
        return str(rng.choice(["upper zone", "middle zone", "lower zone"])) if name in PATCHES else None
    if name == "Pleural Effusion" and location == "diffuse":
        return location
    if name not in PLACED or location not in (*LOBES, *ZONES):
        placed = ", ".join(PLACED)
        raise BadInput(
            f'"{finding.to_text()}": {name} cannot be drawn in the place "{location}"; '
            f"{placed} have one ({', '.join((*LOBES, *ZONES))}), and an effusion of the supine is diffuse."
        )
    return location.replace("lobe", "zone") if name in ROUND else location
