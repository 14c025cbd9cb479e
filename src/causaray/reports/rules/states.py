"""Whether what is named is present, absent or uncertain: cues, and how far they reach."""

from collections.abc import Sequence
from itertools import pairwise

from causaray.reports.reading import Certainty
from causaray.reports.rules.clauses import CONJUNCTIONS, STATE_OF_TWO, Clause, Named
from causaray.reports.rules.items import Item
from causaray.reports.rules.lexicon import lexicon

_CERTAINTIES: dict[str, Certainty] = {"expect": "probable", "suspect": "possible"}
_PASSING = ("pass over", "after")
_BEHIND = {"denied": "deny", "suspected": "suspect", "expected": "expect"}
_STATES = {"deny": "absent", "suspect": "uncertain", "affirm": "present", "expect": "present"}


def with_states(clause: Clause) -> Clause:
    """The clause, its findings in the states that the cues before and behind them give."""
    cue, since = "affirm", 0  # the cue in force, and how many findings were named before it
    for i, item in enumerate(clause.items):
        named = [one for one in clause.named if one.at == i]
        for one in named:
            _take(one, cue)
        done = sum(one.at <= i for one in clause.named)
        cues = item.cues()
        if item.text in CONJUNCTIONS:
            cue = _beyond(clause, i, cue, done > since)
        behind = next((behind for behind in _BEHIND if behind in cues), None)
        if behind and done and not ("suspect" in cues and done < len(clause.named)):
            _back(clause.named[min(since, done - 1) : done], _BEHIND[behind])
        elif new := _new_cue(cues, cue, done > since):
            cue, since = new, done
    _between_two(clause)
    return clause


def _take(one: Named, cue: str) -> None:
    if cue in _PASSING and (cue != "after" or one.device is None):
        one.passed = True
    elif not one.fixed:
        one.state = _STATES.get(cue, "present")
        one.certainty = _CERTAINTIES.get(cue, "stated")


def _new_cue(cues: set[str], cue: str, used: bool) -> str | None:
    """The cue in force from here on, None when it stays. What is denied before anything is named stays denied."""
    for passing in _PASSING:
        if passing in cues:
            return passing
    if "affirm" in cues:
        return "affirm"
    if cues & {"deny", "denied"}:
        return "deny"
    if cue in _PASSING or (cue == "deny" and not used):
        return None
    if cues & {"suspect", "suspected"}:
        return "suspect"
    return "expect" if cues & {"expect", "expected"} and cue != "suspect" else None


def _beyond(clause: Clause, at: int, cue: str, used: bool) -> str:
    """The cue in force behind a conjunction: a list goes on, and a conjunct with news of its own ends it.

    "No effusion, pneumothorax or edema" denies all three; "no effusion, small pneumothorax" one.
    """
    if cue in _PASSING:
        return "affirm" if clause.items[at].text == "with" else cue
    if cue == "affirm" or not used or clause.items[at].text in ("or", "nor"):
        return cue
    rest = clause.items[at + 1 :]
    if clause.items[at - 1].text in lexicon().words["closing"]:
        return "affirm"
    if cue == "deny" and any(item.text in ("or", "nor") for item in rest):
        return cue
    return "affirm" if _own_news(rest) else cue


def _own_news(rest: Sequence[Item]) -> bool:
    """Whether the next conjunct begins a statement of its own: with a severity, a change, or a subject."""
    for item in rest:
        if item.text in CONJUNCTIONS or item.is_a("finding"):
            return False
        if item.is_a("severity", "subject", "size") or item.get("change") in ("new", "worse", "unchanged"):
            return True
    return False


def _back(named: Sequence[Named], cue: str) -> None:
    for one in named:
        if one.state != "absent" and (cue != "expect" or one.state == "present"):
            _take(one, cue)


def _between_two(clause: Clause) -> None:
    """Of "atelectasis versus pneumonia", or "atelectasis or pneumonia", either may be."""
    if any("no change" in item.cues() for item in clause.items):
        return
    for one, two in pairwise(clause.named):
        between = clause.items[one.at + 1 : two.at]
        joins = [item.text for item in between if item.text in CONJUNCTIONS]
        apart = any(item.is_a("subject") or "deny" in item.cues() for item in between)
        if len(joins) == 1 and joins[0] in STATE_OF_TWO and not apart:
            for each in (one, two):
                if each.state == "present" and not each.fixed:
                    each.state, each.certainty = "uncertain", "either"
