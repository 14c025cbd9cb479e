"""Where one statement of a sentence ends and the next begins, and what the first says of the second."""

from collections.abc import Sequence

from causaray.reports.rules.clauses import CONJUNCTIONS, Clause, Named
from causaray.reports.rules.items import Item
from causaray.reports.rules.lexicon import lexicon

NEWS = ("new", "worse", "better", "unchanged")


def has_own_verb(items: Sequence[Item], at: int, listed: int) -> bool:
    """Whether a finding behind the conjunction `at` has a verb or a change of its own: "No edema, effusions unchanged".

    "Is noted" and "is seen on the left" are so only behind the comma after the first of a list (`listed` is how many
    were named before): in "no edema and effusion are noted" and "no edema, mass, nodule is noted" the verb is of the
    list, and what "is seen" without a place may be so, too.
    """
    end = next((i for i in range(at + 1, len(items)) if items[i].text in CONJUNCTIONS), len(items))
    names = [i for i in range(at + 1, end) if items[i].is_a("finding", "subject")]
    if not names:
        return False
    behind = items[names[0] + 1 : end]
    if any(item.get("change") in NEWS or item.text in lexicon().words["own verbs"] for item in behind):
        return True
    is_said = any(item.text in lexicon().words["being"] for item in behind)
    seen = any(item.text in lexicon().words["closing"] for item in behind)
    if not seen:
        return is_said and not any(item.is_a("cue") for item in behind)
    told = any(item.text in lexicon().words["telling"] for item in behind) and is_said
    placed = any(item.is_a("side", "location", "place") for item in items[at + 1 : end])
    return items[at].text == "," and listed <= 1 and (told or placed)


def carried(clause: Clause) -> str:
    """The cue in force where a clause begins: of "it is unclear whether | there is an effusion" the doubt.

    "If there is" is doubt where the clause before it doubts, and else a condition, of which nothing is told.
    """
    before = clause.before
    if before is None or "stop" not in clause.items[0].cues():
        return "affirm"
    since = max((one.at for one in before.named), default=-1) + 1
    said = before.items[since:]
    if not said:
        return "affirm"
    doubts = any(item.text in lexicon().words["unsure"] or item.cues() & {"unsure", "suspect"} for item in said)
    last = said[-1]
    if last.text in ("whether", "if") or (last.text == "that" and doubts):
        return "suspect" if doubts or last.text == "whether" else "pass over"
    return before.cue if last.text == "that" or last.cues() & {"suspect", "expect", "unsure"} else "affirm"


def said_before(clause: Clause) -> list[Named]:
    """The findings of the clause before it, where it goes on about them: "was there before | but is not seen today"."""
    if clause.before is None or clause.named or len(clause.items) < 2 or clause.items[0].text != "but":
        return []
    verb = clause.items[1]
    words = lexicon().words
    goes_on = "denied" in verb.cues() or verb.text in words["being"] | words["own verbs"] | {"cannot", "now"}
    return clause.before.named if goes_on else []


def wished(clause: Clause, at: int) -> bool:
    """Whether item `at` begins what is wished for or a condition: "to ensure resolution of", "repeat if"."""
    item = clause.items[at]
    if item.text == "if":
        doubts = (one.text in lexicon().words["unsure"] or one.is_a("cue") for one in clause.items[:at])
        return not any(doubts)
    if item.get("change") != "resolved" or not item.cues() & {"deny"}:
        return False
    return any(one.text in lexicon().words["wish"] for one in _said_before(clause, at))


def _said_before(clause: Clause, at: int) -> list[Item]:
    """The items of the sentence before item `at` of a clause."""
    said = list(clause.items[:at])
    before = clause.before
    while before is not None:
        said = [*before.items, *said]
        before = before.before
    return said
