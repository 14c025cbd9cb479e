"""What an audit found, in one sentence."""

from collections.abc import Mapping
from typing import Any

from causaray.evaluation.audit.perturbations import ARTIFACTS, DISEASE

WORDS = {
    "device": "a pacemaker", "marker_erased": "blanked corners", "marker_left": "a letter L",
    "marker_right": "a letter R", "marker_moved": "a letter on the other side",
}  # fmt: skip
"""Each artifact as the sentence says it."""


def told(finding: str, found: Mapping[str, Any]) -> str:
    """The sentence about one finding; `found` are its figures, as `measure` gives them.

    A change whose interval holds 0 is said to be unclear, and a ratio is said to be above 1 where all of its interval
    is.
    """
    change = found["perturbations"][DISEASE]["change"]
    figures = f"{change['value']:+.2f} ({change['low']:+.2f} to {change['high']:+.2f})"
    if change["high"] < 0:
        return f"Answers to {finding.lower()} the wrong way: with it the probability changes by {figures}."
    if change["low"] <= 0:
        return f"Whether it answers to {finding.lower()} is not clear: with it the probability changes by {figures}."
    ratios = {name: one for name in ARTIFACTS if (one := found["ratio"][name]) and _known(one)}
    if not ratios:
        return f"Answers to {finding.lower()}: with it the probability changes by {figures}."
    name, most = max(ratios.items(), key=lambda one: one[1]["value"])
    size = f"{most['value']:.1f} x {finding.lower()} ({most['low']:.1f} to {most['high']:.1f})"
    if most["low"] > 1:
        return f"Answers to {WORDS[name]} more than to the disease: {size}."
    if most["high"] > 1:
        return f"Answers to {finding.lower()}, and perhaps as much to {WORDS[name]}: {size}."
    return f"Answers to {finding.lower()} more than to any artifact; the largest is {WORDS[name]}, {size}."


def _known(one: Mapping[str, float | None]) -> bool:
    value = one["value"]
    return value is not None and value == value
