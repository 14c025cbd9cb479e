"""The settings of a phantom world."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from causaray.cohorts.phantom.exogenous import FINDINGS
from causaray.errors import BadInput
from causaray.scan import SMALLEST_SIDE

HIDERS = ("Lung Lesion", "Consolidation")
"""Findings that a mark on the skin may be related to."""


@dataclass(frozen=True)
class Settings:
    """What a world is like; two worlds of equal settings are the same world.

    `size`: side of the images in pixels, 32 or more. `common`: share of the patients who have the most frequent
    finding; the k-th of FINDINGS has common * k ** -tail, so `tail` 0 makes all alike and 2 makes the last very rare.
    `devices`: share who have support devices. `confounding` in [0, 1]: how much of the chance of `confounded` is the
    illness that also brings devices; 0 none, 1 all of it. `hidden` in [0, 1]: strength of a relation that no label
    and no report tells: the probability of a skin mark given `hidden_in`, of HIDERS, is by so much higher than without.

    Raises BadInput for a value outside these ranges.
    """

    size: int = 128
    common: float = 0.3
    tail: float = 0.5
    devices: float = 0.3
    confounding: float = 0.0
    confounded: str = "Pleural Effusion"
    hidden: float = 0.0
    hidden_in: str = "Lung Lesion"

    def __post_init__(self) -> None:
        if self.size < SMALLEST_SIDE:
            raise BadInput(f"A phantom of {self.size} pixels shows no finding; its size is {SMALLEST_SIDE} or more.")
        for field in ("common", "devices", "confounding", "hidden"):
            if not 0 <= getattr(self, field) <= 1:
                raise BadInput(f"{field} of the phantom world is {getattr(self, field)}; it lies between 0 and 1.")
        if self.tail < 0:
            raise BadInput(f"tail of the phantom world is {self.tail}; it is 0 (all findings alike) or more.")
        if self.confounded not in FINDINGS:
            raise BadInput(f"{self.confounded} is no finding of the phantom world; these are {', '.join(FINDINGS)}.")

        if self.hidden_in not in HIDERS:
            raise BadInput(f"The phantom world hides no relation in {self.hidden_in}; it can in {', '.join(HIDERS)}.")

    def prevalence(self, name: str) -> float:
        """Share of the patients who have a finding of FINDINGS."""
        return self.common * (1 + FINDINGS.index(name)) ** -self.tail


_KINDS = {name: type(value) for name, value in asdict(Settings()).items()}


def read_settings(written: Mapping[str, str]) -> dict[str, Any]:
    """Settings as text, such as {"tail": "1.5"}, as arguments of a world; raises BadInput for what is none."""
    read = {}
    for name, value in written.items():
        if name not in _KINDS:
            raise BadInput(f"The phantom world has no setting {name!r}; it has {', '.join(_KINDS)}.")
        try:
            read[name] = _KINDS[name](value)
        except ValueError:
            raise BadInput(f"{name} of the phantom world is a number, not {value!r}.") from None
    return read
