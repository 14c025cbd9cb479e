"""Whether texts of what changed agree with requests and with images, as metrics.json holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from causaray.evaluation.context import Context
from causaray.evaluation.measures.text import Changes, agreement, judged_changes
from causaray.evaluation.statistics.bootstrap import mean_interval
from causaray.evaluation.statistics.f1 import f1_of_sets
from causaray.evaluation.verdict.texts import Interpreter
from causaray.findings import Findings
from causaray.reports.told_changes import read_changes, signed
from causaray.verdict import LEAST

IMAGES = 64
"""How many images are told of, each with one finding added, and removed."""
CLEAR = 0.15
"""Change of the judge's probability that is clear, as in the page of ProgEmu (docs/results/progemu)."""


def measure(context: Context) -> dict[str, Any] | None:
    """What the texts of edits tell, as our reader of reports reads them, against what was asked and what is seen.

    "request_f1": F1 of the changes told (a finding, and whether there is more or less of it) against the change asked
    for. "agreement": share of the changes told that go the way in which the judge's probability does. "judge_f1": F1
    against the changes of CLEAR that the judge sees of findings that texts can tell. The same three of texts dealt out
    anew ("shuffled"), of the request told as if it were shown ("template"), and of what the editor itself wrote
    ("written", None of one that does not write). None where the weights that read films are not there, or can read
    none.
    """
    told = _told(context)
    if told is None:
        return None
    among = [name for name in LEAST if name in context.judge.names]
    judged = judged_changes(told.change, context.judge.names, CLEAR, among)

    def against(texts: Sequence[Changes]) -> dict[str, Any]:
        known = [frozenset(one for one in changes if one[0] in among) for changes in texts]
        return {
            "request_f1": f1_of_sets(texts, told.asked, told.patients),
            "agreement": agreement(texts, told.change, context.judge.names, told.patients),
            "judge_f1": f1_of_sets(known, judged, told.patients),
        }

    dealt = np.random.default_rng(context.seed).permutation(len(told.texts))
    return {
        "texts": len(told.texts),
        "told": mean_interval(np.array([len(one) for one in told.texts], float), told.patients, seed=context.seed),
        **against(told.texts),
        "shuffled": against([told.texts[i] for i in dealt]),
        "template": against(told.asked),
        "written": against(told.written) if told.written else None,
    }


@dataclass
class Told:
    """Of R edits the changes that texts tell, those asked for, and those that the editor itself wrote (empty of one
    that does not write); the change of the judge's probabilities (R, n), and whose each is (R,)."""

    texts: list[Changes]
    asked: list[Changes]
    written: list[Changes]
    change: np.ndarray
    patients: np.ndarray


def _told(context: Context) -> Told | None:
    interpreter = Interpreter.shipped()
    if interpreter is None:
        return None
    rows = context.sample(IMAGES)
    before = interpreter.reader.read(context.edited.factual[rows])
    findings = [list(context.edited.pairs)[context.chosen[i]] for i in rows]
    texts, asked, written, changes, people = list[Changes](), list[Changes](), list[Changes](), [], []
    for side, sign in enumerate((1, -1)):
        context.tell(f"{context.edited.name}: texts", side, 2)
        edited, requests = context.drawn[side][rows], [context.requests(finding)[side] for finding in findings]
        said = interpreter.texts(before, edited, requests)
        known = np.flatnonzero([text is not None for text in said])
        texts += [signed(read_changes(said[i] or "")) for i in known]
        asked += [frozenset({(findings[i], sign)}) for i in known]
        written += _written(context, rows[known], [requests[i] for i in known])
        changes.append((context.judge.predict(edited).numpy() - context.real[rows])[known])
        people.append(context.patients[rows[known]])
    if not texts:
        return None
    return Told(texts, asked, written, np.concatenate(changes), np.concatenate(people))


def _written(context: Context, rows: np.ndarray, requests: Sequence[Findings]) -> list[Changes]:
    """What the editor itself writes of its edits of some rows; empty of one that does not write."""
    if context.own is None:
        return []
    images = context.edited.factual
    each = [context.own.written(images[i : i + 1], request) for i, request in zip(rows, requests, strict=True)]
    return [signed(read_changes(text)) for texts in each for text in texts]
