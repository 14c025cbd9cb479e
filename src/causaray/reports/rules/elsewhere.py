"""Sides and places that a report tells of something else than its findings: "after left mastectomy"."""

from causaray.reports.rules.clauses import CONJUNCTIONS, Clause, Named
from causaray.reports.rules.lexicon import lexicon

PLACELESS = {"Cardiomegaly", "Enlarged Cardiomediastinum"}
"""Findings that lie in the middle: a side beside them is of something else."""
_ANYWHERE = {"Fracture", "Support Devices"}
"""Findings that may lie outside the chest."""
_REACH = 3


def is_elsewhere(clause: Clause, at: int, one: Named) -> bool:
    """Whether the place at item `at` is not that of the finding to which it would belong.

    It is of the noun behind it where that is no part of the lung ("right aortic arch") or another thing told after the
    finding ("effusion with left basal scarring"), and a direction behind a word of movement ("shift to the left").
    """
    if one.name in PLACELESS:
        return True
    words, before = lexicon().words, clause.items[:at]
    to = bool(before) and before[-1].text in ("to", "toward", "towards")
    if (to and any(item.text in words["moving"] for item in before)) or (before and before[-1].text in words["moving"]):
        return True
    apart = one.at < at and any(item.text in CONJUNCTIONS for item in clause.items[one.at : at])
    for item in clause.items[at + 1 : at + 1 + _REACH]:
        if item.is_a("finding", "cue") or item.text in CONJUNCTIONS or item.text in words["prepositions"]:
            return False
        if (apart and item.is_a("other")) or (item.text in words["elsewhere"] and one.name not in _ANYWHERE):
            return True
    return False
