"""What a prior is told of an image: who, how taken, what it shows. Made of labels, and said to be."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from causaray.finding import Finding
from causaray.findings import Findings
from causaray.study import Study

PRESENT, ABSENT, PLACE = 0.9, 0.15, 0.75
"""Chance that a training caption names a present finding, an absent one, and the place and severity of one named."""


def caption(findings: Sequence[Finding], about: Sequence[str] = ()) -> str:
    """The caption of an image: "nih, 60 year old woman, pa, severe left pleural effusion, no edema"."""
    return ", ".join([*about, *(part for part in [Findings(findings).to_text()] if part)])


def about(study: Study) -> list[str]:
    """Where an image comes from and who is on it, as far as it is known: cohort, age in decades with sex, view."""
    decade = None if study.age is None else f"{10 * round(study.age / 10)} year old"
    sex = {"M": "man", "F": "woman"}.get(study.sex or "")
    return [part for part in (study.cohort, " ".join(filter(None, (decade, sex))), (study.view or "").lower()) if part]


def told(findings: Sequence[Finding], known: Sequence[str], rng: np.random.Generator) -> str:
    """A training caption: some of what is known of an image, so that a prompt of one finding is as familiar as all."""
    chance = {"present": PRESENT, "absent": ABSENT, "uncertain": 0.0}
    named = [_less(finding, rng) for finding in findings if rng.random() < chance[finding.state]]
    return caption(named, [part for part in known if rng.random() < 0.5])


def _less(finding: Finding, rng: np.random.Generator) -> Finding:
    """A finding with its place and severity, or without."""
    keep = rng.random() < PLACE
    return finding if keep else replace(finding, severity=None, side=None, location=None)
