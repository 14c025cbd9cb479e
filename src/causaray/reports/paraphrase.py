"""Findings in other words: sentences that mean the canonical text, for training and for testing what reads prompts."""

import numpy as np

from causaray.cohorts.phantom.phrases import ABSENT, PRESENT, PRESENT_OF, UNCERTAIN
from causaray.cohorts.phantom.wording import Choose, capitalized, chooser, fill
from causaray.finding import Finding
from causaray.findings import Findings


def paraphrase(findings: Findings, rng: np.random.Generator) -> str:
    """One of many wordings of findings, a sentence each, in an order of its own: the meaning of `Findings.to_text`."""
    choose = chooser(rng)
    said = [_sentence(finding, choose) for finding in findings]
    return " ".join(said[i] for i in rng.permutation(len(said)))


def in_words(findings: Findings) -> str:
    """The first of those wordings, in the order given: always the same."""
    return " ".join(_sentence(finding, chooser(None)) for finding in findings)


def _sentence(finding: Finding, choose: Choose) -> str:
    if finding.name == "No Finding":
        return capitalized(finding.to_text()) + "."
    placeless = not finding.side and not finding.location
    ways = {
        "present": PRESENT + (PRESENT_OF.get(finding.name, ()) if placeless else ()),
        "uncertain": UNCERTAIN,
        "absent": ABSENT,
    }
    return fill(choose(ways[finding.state]), finding, choose)
