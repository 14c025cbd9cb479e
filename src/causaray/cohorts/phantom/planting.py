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
QUIET = {"common": 0.15, "devices": 0.0}
"""Of the world about the planted: other findings are rare, and other devices are not there."""
BALANCED, TEST = 0.5, 800
"""Correlation and size of a test set: as many images in each group."""


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


def assigned(count: int, correlation: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of `count` images have the finding, and which the artifact: int64 (N,) each, 1 or 0, in random order.

    Raises BadInput for a correlation outside [0.5, 1], and for fewer than four images, which are no four groups.
    """
    if not 0.5 <= correlation <= 1:
        raise BadInput(f"A correlation is from 0.5, none, to 1, a perfect shortcut, not {correlation}.")
    if count < 4:
        raise BadInput(f"{count} images are no four groups; ask for four or more.")
    finding = np.arange(count) % 2
    artifact = finding.copy()
    for state in (0, 1):
        rows = np.flatnonzero(finding == state)
        artifact[rows[round(correlation * len(rows)) :]] = 1 - state
    order = np.random.default_rng((seed, count)).permutation(count)
    return finding[order], artifact[order]
