"""What a phantom shows, in words."""

from causaray.cohorts.phantom.exogenous import FINDINGS
from causaray.cohorts.phantom.model import LEFT, PLACED, RIGHT, UNSIDED, WORLD_NAMES, Values, slug
from causaray.finding import Finding
from causaray.findings import Findings

RANGES = {"mild": (0.0, 0.4), "moderate": (0.4, 0.7), "severe": (0.7, 1.0)}
"""Severity in words: above the first, up to the second."""
ZONES = {"upper": (0.0, 0.36), "middle": (0.36, 0.68), "lower": (0.68, 1.0)}
"""Height in words, likewise."""


def word(severity: float) -> str:
    """The word for a severity in (0, 1]."""
    return next(name for name, (_, high) in RANGES.items() if severity <= high)


def findings_of(values: Values, row: int) -> Findings:
    """What is present and absent in phantom number `row`; of two sides the worse gives the severity."""
    said = [_said(name, values, row) for name in WORLD_NAMES]
    healthy = all(finding.state == "absent" for finding in said[: len(FINDINGS)])
    return Findings([Finding("No Finding", "present" if healthy else "absent"), *said])


def _said(name: str, values: Values, row: int) -> Finding:
    severity = values[slug(name)][row]
    if not severity.any():
        return Finding(name, "absent")
    if name == "Support Devices":
        return Finding(name)
    sides = {(True, False): "right", (False, True): "left", (True, True): "bilateral"}
    side = None if name in UNSIDED else sides[bool(severity[RIGHT]), bool(severity[LEFT])]
    return Finding(name, severity=word(severity.max()), side=side, location=_zone(name, values, row))


def _zone(name: str, values: Values, row: int) -> str | None:
    if name not in PLACED:
        return None
    return word_of_height(values[f"{slug(name)}_height"][row])


def word_of_height(height: float) -> str:
    """The zone of a height in [0, 1], from the apex to the base."""
    return next(f"{zone} zone" for zone, (_, high) in ZONES.items() if height <= high)
