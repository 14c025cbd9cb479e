"""Whether what is named is present, absent or uncertain: cues, and how far they reach."""

from collections.abc import Sequence
from itertools import pairwise

from causaray.reports.reading import Certainty
from causaray.reports.rules.clauses import CONJUNCTIONS, STATE_OF_TWO, Clause, Named
from causaray.reports.rules.items import Item
from causaray.reports.rules.lexicon import lexicon
from causaray.reports.rules.statements import NEWS, carried, has_own_verb, said_before, wished

_CERTAINTIES: dict[str, Certainty] = {
    "expect": "probable",
    "suspect": "possible",
    "query": "possible",
    "alternative": "either",
}
_PASSING = ("pass over", "after")
_BEHIND = {"denied": "deny", "suspected": "suspect", "expected": "expect"}
_STATES = {
    "deny": "absent",
    "suspect": "uncertain",
    "query": "uncertain",
    "alternative": "uncertain",
    "affirm": "present",
    "expect": "present",
}


def with_states(clause: Clause) -> Clause:
    """The clause, its findings in the states that the cues before and behind them give."""
    cue, since = carried(clause), 0  # the cue in force, and how many findings were named before it
    for i, item in enumerate(clause.items):
        named = [one for one in clause.named if one.at == i]
        for one in named:
            _take(one, cue)
        done = sum(one.at <= i for one in clause.named)
        cues = item.cues()
        if item.text in CONJUNCTIONS:
            cue = _beyond(clause, i, cue, done - since)
        behind = next((behind for behind in _BEHIND if behind in cues), None)
        if item.text in ("?", "(?)") and _asks_back(clause.items, i):
            _back(_last_conjunct(clause, i), "query")
        elif behind == "denied" and not done and (before := said_before(clause)):
            _back(before, "deny")
        elif behind and done and not ("suspect" in cues and done < len(clause.named)):
            _back(_reached_back(clause, i, min(since, done - 1), _BEHIND[behind]), _BEHIND[behind])
        elif new := _new_cue(clause, i, cue, done > since):
            cue, since = new, done
    clause.cue = cue
    _by_label(clause)
    _weighed(clause)
    _between_two(clause)
    return clause


def _take(one: Named, cue: str) -> None:
    if cue in _PASSING and (cue != "after" or one.device is None):
        one.passed = True
    elif not one.fixed or (cue == "query" and one.state == "present"):
        one.state = _STATES.get(cue, "present")
        one.certainty = _CERTAINTIES.get(cue, "stated")


def _new_cue(clause: Clause, at: int, cue: str, used: bool) -> str | None:
    """The cue in force from item `at` on, None when it stays. What is denied before anything is named stays denied."""
    item = clause.items[at]
    cues = item.cues()
    for passing in _PASSING:
        if passing in cues:
            return passing
    if wished(clause, at):
        return "pass over"
    if item.text == "?":
        return "query"
    if "turn" in cues:
        denied = cue == "deny" or (clause.before is not None and clause.before.cue == "deny")
        return "affirm" if denied else "deny"
    if "affirm" in cues or ("instead" in cues and cue == "deny" and used):
        return "affirm"
    if "unsure" in cues:
        return "suspect"
    if cues & {"deny", "denied"}:
        return "deny"
    if cue in _PASSING or (cue == "deny" and not used):
        return None
    if cues & {"suspect", "suspected"}:
        return "suspect"
    if "alternative" in cues and cue != "suspect":
        return "alternative" if any(one.text == "or" for one in clause.items[at:]) else None
    return "expect" if cues & {"expect", "expected"} and cue != "suspect" else None


def _beyond(clause: Clause, at: int, cue: str, listed: int) -> str:
    """The cue in force behind a conjunction: a list goes on, and a conjunct with news of its own ends it.

    "No effusion, pneumothorax or edema" denies all three; "no effusion, small pneumothorax" one. `listed` is how many
    findings the cue has reached.
    """
    word = clause.items[at].text
    if cue in _PASSING:
        return "affirm" if word == "with" or has_own_verb(clause.items, at, listed) else cue
    if cue == "affirm" or not listed or word in ("or", "nor"):
        return cue
    rest = clause.items[at + 1 :]
    if cue == "query" and word == ",":
        return "affirm"
    if clause.items[at - 1].text in lexicon().words["closing"] or has_own_verb(clause.items, at, listed):
        return "affirm"
    if cue == "deny" and any(item.text in ("or", "nor") for item in rest):
        return cue
    return "affirm" if _own_news(rest) else cue


def _own_news(rest: Sequence[Item]) -> bool:
    """Whether the next conjunct begins a statement of its own: with a severity, a change, or a subject."""
    for item in rest:
        if item.text in CONJUNCTIONS or item.is_a("finding"):
            return False
        if item.is_a("severity", "subject", "size") or item.get("change") in NEWS:
            return True
    return False


def _back(named: Sequence[Named], cue: str) -> None:
    for one in named:
        if one.state != "absent" and (cue != "expect" or one.state == "present"):
            _take(one, cue)


def _asks_back(items: Sequence[Item], at: int) -> bool:
    """Whether a question mark asks of what stands before it: it has brackets, or nothing that goes on behind it."""
    return items[at].text == "(?)" or at + 1 == len(items) or items[at + 1].text in (",", ";", ")", "and")


def _last_conjunct(clause: Clause, at: int) -> list[Named]:
    """The findings between the last comma before an item and the item."""
    comma = max((i for i in range(at) if clause.items[i].text == ","), default=-1)
    return [one for one in clause.named if comma < one.at <= at]


def _reached_back(clause: Clause, at: int, since: int, cue: str) -> list[Named]:
    """The findings that a cue at an item reaches behind it, of those from number `since` on.

    Doubt reaches over a list with "or" and else to the last comma: "edema, pneumonia cannot be excluded" doubts one.
    """
    reached = [one for one in clause.named[since:] if one.at <= at]
    listed = any(item.text in STATE_OF_TWO for item in clause.items[reached[0].at : at])
    last = [one for one in _last_conjunct(clause, at) if one in reached]
    return last if cue == "suspect" and last and not listed else reached


def _by_label(clause: Clause) -> None:
    """Findings that are the label of a value ("Pneumothorax: none") are in the state that the value tells."""
    at = next((i for i, item in enumerate(clause.items) if item.text == ":"), None)
    if at is None or any(one.at > at for one in clause.named) or any(item.cues() for item in clause.items[:at]):
        return
    value = clause.items[at + 1 : at + 3]
    if any(item.cues() & {"deny", "denied"} for item in value) or any(
        item.text in lexicon().words["denying values"] for item in value[:1]
    ):
        _back([one for one in clause.named if not one.fixed], "deny")
    elif any(item.cues() & {"suspect", "suspected"} or item.text == "?" for item in value):
        _back([one for one in clause.named if not one.fixed], "suspect")


def _weighed(clause: Clause) -> None:
    """Of "atelectasis favored over pneumonia" and "more likely edema than pneumonia" the second is only possible."""
    at = next((i for i, item in enumerate(clause.items) if item.text in ("over", "than")), None)
    before = clause.items[:at]
    if at is None or not any(item.cues() & {"expect", "expected"} or "likely" in item.text for item in before):
        return
    if not any(item.is_a("finding") for item in clause.items[at + 1 : at + 3]):
        return  # "over" the lung, "than" before
    less = any("less likely" in item.text for item in before)
    conjunct = clause.conjunct(at + 1)
    open_ = [one for one in clause.named if one.state != "absent"]
    first = [one for one in open_ if one.at < at]
    second = [one for one in open_ if one.at > at and clause.conjunct(one.at) == conjunct]
    for one in first if less else second:
        _take(one, "suspect")
    for one in second if less else ():
        _take(one, "affirm")


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
