"""The shapes of what the API answers about cohorts."""

from typing import Literal

from pydantic import BaseModel


class FindingCount(BaseModel):
    """Images of a cohort by what is said of a finding; `training` of split train show it, `augmented` would."""

    name: str
    part: Literal["head", "medium", "tail"] | None
    present: int
    absent: int
    uncertain: int
    training: int
    augmented: int


class CohortFacts(BaseModel):
    """What a prepared cohort holds: counts, nothing of any one patient."""

    name: str
    size: int
    images: int
    patients: int
    splits: dict[str, int]
    views: dict[str, int]
    sexes: dict[str, int]
    ages: dict[str, int]
    findings: list[FindingCount]


class Cohorts(BaseModel):
    """The cohorts that the operator has named, by their number here."""

    weights: str
    cohorts: list[CohortFacts]


class Examples(BaseModel):
    """Radiographs that show a finding: PNG in base64."""

    images: list[str]
