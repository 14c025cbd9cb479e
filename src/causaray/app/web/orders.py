"""What one edit over the web is asked to do."""

import re
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BeforeValidator, Field

from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.scan import Scan
from causaray.vocabulary import SEVERITIES

MOST_VARIANTS = 12
MOST_IMAGES = 24
"""Of one audit."""
QUOTED = 40
"""So many characters of a wrong value are quoted."""
LARGEST_SEED = 2**63 - 1


def _as_seed(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,20}", text):
        raise BadInput(f'The seed "{text[:QUOTED]}" is no whole number from 0.')
    _check_seed(int(text))
    return int(text)


def _check_seed(seed: int) -> None:
    if not 0 <= seed <= LARGEST_SEED:
        raise BadInput(f"The seed {seed} is not between 0 and {LARGEST_SEED}.")


Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED), BeforeValidator(_as_seed)]
"""A seed as the text of a form's field."""


@dataclass(frozen=True)
class Order:
    """One image, and what to show in it: once, or for several seeds and severities side by side.

    Attributes:
        image: the content of an image file, or a Scan.
        request: the findings asked for.
        seeds: of the noise, each in [0, 2^63).
        severities: "mild", "moderate", "severe"; each takes the place of what the request says of its present findings.
            None leaves the request as it is.
        strength: in [0, 1], how much may change.
        support_device: which kind of device is meant, one of `anatomy.devices.DEVICES`; None for any.
        editor: name of the one that edits; empty for the server's first.

    Raises:
        BadInput: for other values, more than MOST_VARIANTS in all, or severities where nothing is to be present.
    """

    image: bytes | Scan
    request: Findings
    seeds: tuple[int, ...] = (0,)
    severities: tuple[str, ...] = ()
    strength: float = 0.7
    support_device: str | None = None
    editor: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:  # not a number is not in it, either
            raise BadInput(f"The strength {self.strength:g} is not between 0 (nothing) and 1 (a new pathology).")
        for seed in self.seeds:
            _check_seed(seed)
        if unknown := [severity for severity in self.severities if severity not in SEVERITIES]:
            raise BadInput(f'The severity "{unknown[0][:QUOTED]}" is none of {", ".join(SEVERITIES)}.')
        if self.severities and not any(_is_graded(finding) for finding in self.request):
            raise BadInput("The request names no finding to be shown, so it has no severity to vary.")
        if not 0 < len(self.variants()) <= MOST_VARIANTS:
            raise BadInput(
                f"Seeds times severities are {len(self.variants())} edits, where 1 to {MOST_VARIANTS} may be."
            )

    def variants(self) -> list[tuple[Findings, int]]:
        """The request and the seed of each edit: a severity after the other, and the seeds within each."""
        requests = [_graded(self.request, severity) for severity in self.severities] or [self.request]
        return [(request, seed) for request in requests for seed in self.seeds]


def _graded(request: Findings, severity: str) -> Findings:
    return Findings(replace(one, severity=severity) if _is_graded(one) else one for one in request)


def _is_graded(finding: Finding) -> bool:
    return finding.state == "present" and finding.name != "No Finding"
