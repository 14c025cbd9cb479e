"""Opacities that a report explains by what is no finding: "the density represents a nipple shadow"."""

from causaray.reports.rules.clauses import Clause, Named
from causaray.reports.rules.lexicon import lexicon

_OPAQUE = {"Lung Opacity", "Nodule", "Mass", "Lung Lesion"}
_LINKS = {"affirmed", "expect", "expected", "suspect", "suspected"}
_CAUSES = ("to", "represent", "representing", "reflect", "reflecting", "with", "of", "by")


def explained(clause: Clause) -> Clause:
    """The clause, its opacities that are explained, or may be, uncertain."""
    for one in clause.named:
        if one.name in _OPAQUE and one.state == "present" and _is_explained(clause, one):
            one.state, one.certainty = "uncertain", "explained"
    return clause


def _is_explained(clause: Clause, one: Named) -> bool:
    """Whether something harmless behind a finding is said to be what it is, or its cause.

    A cause may lie anywhere behind the words that name it ("due to overlying ribs"); what something is or probably is
    comes without a preposition, which would tell a place ("is seen over the ribs").
    """
    link = None
    for item in clause.items[one.at + 1 :]:
        cues, last = item.cues(), item.text.split()[-1]
        if item.is_a("finding") or cues & {"deny", "denied"}:
            return False
        if item.is_a("harmless") and link:
            return True
        if cues & _LINKS or item.text in lexicon().words["causes"]:
            link = "cause" if last in _CAUSES or item.text in lexicon().words["causes"] else "is"
        elif item.text in lexicon().words["being"]:
            link = "is"
        elif link == "is" and (item.text in lexicon().words["prepositions"] or item.is_a("side", "location", "place")):
            link = None
    return False
