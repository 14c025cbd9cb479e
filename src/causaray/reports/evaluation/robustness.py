"""Do other words for the same findings read the same? Requests drawn at random, each worded in five ways."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from causaray.cohorts.phantom.phrases import NOUNS
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.reports.paraphrase import paraphrase
from causaray.reports.reading import Reader
from causaray.vocabulary import NAMES, SEVERITIES

WORDINGS = 5
_SIDED = (
    "Lung Opacity",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Infiltration",
)
_PLACES = ("upper lobe", "lower lobe", "basal", "apical", "perihilar", "retrocardiac")


def same_in_other_words(reader: Reader, requests: int = 400, seed: int = 0) -> np.ndarray:
    """For each of (requests x WORDINGS) wordings whether it reads as the request: (requests, WORDINGS) truths."""
    rng = np.random.default_rng(seed)
    drawn = [request(rng) for _ in range(requests)]
    return np.array([[reader(text).findings == one for text in worded(one, rng)] for one in drawn])


def worded(findings: Findings, rng: np.random.Generator) -> Iterator[str]:
    """WORDINGS ways of saying findings."""
    return (paraphrase(findings, rng) for _ in range(WORDINGS))


def request(rng: np.random.Generator) -> Findings:
    """One to three findings, some of them denied or suspected, with severity, side and location where they may."""
    names = rng.choice([name for name in NAMES if name in NOUNS], size=rng.integers(1, 4), replace=False)
    return Findings(_drawn(str(name), rng) for name in names)


def _drawn(name: str, rng: np.random.Generator) -> Finding:
    state = str(rng.choice(["present", "present", "absent", "uncertain"]))
    finding = Finding(name, state)
    if state == "absent" or name == "Support Devices":
        return finding
    if rng.random() < 0.6:
        finding = replace(finding, severity=str(rng.choice(SEVERITIES)))
    if name in _SIDED and rng.random() < 0.7:
        finding = replace(finding, side=str(rng.choice(["left", "right", "bilateral"])))
        if name not in ("Pneumothorax", "Pleural Effusion") and rng.random() < 0.4:
            finding = replace(finding, location=str(rng.choice(_PLACES)))
    return finding
