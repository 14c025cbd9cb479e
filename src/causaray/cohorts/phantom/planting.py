"""A finding and an artifact, set in each phantom as one likes: what a planted correlation is made of."""

from dataclasses import dataclass

import numpy as np

from causaray.cohorts.phantom.exogenous import FINDINGS
from causaray.cohorts.phantom.model import UNSIDED, own_severity, slug, solve
from causaray.cohorts.phantom.request import Setting, interventions
from causaray.cohorts.phantom.world import Phantoms
from causaray.errors import BadInput

ARTIFACTS = ("pacemaker", "mark")
"""A generator with its lead, and a pellet on the skin beside the chest."""
_LEADS = 0.45
"""Draws of `device` below this are pacemakers (`devices`)."""


@dataclass(frozen=True)
class Planting:
    """Which finding and which artifact are planted.

    finding: of FINDINGS; where it is present its severity lies in (mildest, 1], its sides are the patient's own.
    artifact: of ARTIFACTS. Raises BadInput for any other.
    """

    finding: str = "Pleural Effusion"
    artifact: str = "pacemaker"
    mildest: float = 0.3

    def __post_init__(self) -> None:
        if self.finding not in FINDINGS:
            raise BadInput(f"{self.finding} is no finding of the phantom world; these are {', '.join(FINDINGS)}.")
        if self.artifact not in ARTIFACTS:
            raise BadInput(f"There is no artifact {self.artifact} on phantoms; there are {', '.join(ARTIFACTS)}.")
        if not 0 <= self.mildest < 1:
            raise BadInput(f"The mildest severity is at least 0 and below 1, not {self.mildest}.")

    def set(self, phantoms: Phantoms, finding: np.ndarray, artifact: np.ndarray) -> Phantoms:
        """The same patients with finding and artifact, 1 or 0 (n,), set; all else is as it was."""
        draws = dict(phantoms.exogenous)
        draws["device"] = _LEADS * draws["device"]  # of devices a pacemaker
        severity = self.mildest + (1 - self.mildest) * (own_severity(draws, self.finding) - 0.12) / 0.88
        side = "bilateral" if self.finding in UNSIDED else None
        done = dict(phantoms.do) | interventions(
            {self.finding: Setting(severity * finding, side)}, phantoms.values, draws
        )
        if self.artifact == "mark":
            done["mark"] = artifact.astype(float)
        else:
            done[slug("Support Devices")] = np.repeat(artifact[:, None], 2, 1).astype(float)
        values = solve(draws, phantoms.world, done)
        return Phantoms(phantoms.world, phantoms.seed, phantoms.indices, draws, done, values)
