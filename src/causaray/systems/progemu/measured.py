"""What is measured of follow-ups: films by the judge and against the truth, texts against request, judge and films."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.cohorts.phantom.changes import told
from causaray.evaluation.images.distances import l1
from causaray.evaluation.measures.text import agreement, judged_changes
from causaray.evaluation.measures.truth import change_correlation, truly_changed
from causaray.evaluation.statistics.auroc import auroc
from causaray.evaluation.statistics.bootstrap import Estimate, known_mean, mean_interval, ratio_of_means
from causaray.evaluation.statistics.f1 import f1_of_sets
from causaray.nets.words import words_of
from causaray.progression import Change
from causaray.reports.told_changes import Told, known_changes, names, read_changes, signed
from causaray.systems.progemu.pairs import Pair
from causaray.systems.progemu.phantom_pairs import STATES
from causaray.systems.progemu.text_overlap import bleu, meteor, rouge_l
from causaray.systems.progemu.world import Measured

Films = Mapping[str, Tensor]
"""What the films (N, 1, S, S) were made by."""


class Ladder:
    """The judge on prior films, true follow-ups, and what stands between them."""

    def __init__(self, measured: Measured, judge: Judge) -> None:
        self.measured, self.judge, self._seen = measured, judge, list[tuple[Tensor, np.ndarray]]()
        self.before, self.true = self.seen(measured.prior), self.seen(measured.truth)
        self.names = [name for name in measured.pairs.names if name in judge.names]
        known = [known_changes(changes) for changes in measured.changes]
        self.signs = {name: np.array([_sign(one, name) for one in known]) for name in self.names}

    def seen(self, films: Tensor) -> np.ndarray:
        """The judge's probabilities (N, n); films that were seen are not looked at again."""
        known = [seen for other, seen in self._seen if other is films]
        if not known:
            known = [self.judge.predict(films).numpy()]
            self._seen.append((films, known[0]))
        return known[0]

    def figures(self, films: Tensor, rows: np.ndarray) -> dict[str, Any]:
        """Share of the judge's change from prior to true follow-up that films (R, 1, S, S) of rows (R,) make: over all
        findings that change, and by finding, with how many changed, the mean change there is to make, and the AUROC of
        "is there afterwards"."""
        after, found = self.seen(films), {}
        steps: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for name in self.names:
            column, sign = self.judge.names.index(name), self.signs[name][rows]
            before, true = self.before[rows, column], self.true[rows, column]
            at = np.flatnonzero(sign)
            made, whole = (sign * (after[:, column] - before))[at], (sign * (true - before))[at]
            whose = self.measured.patients[rows][at]
            steps.append((made, whole, whose))
            there = self._there(name)[rows]
            found[name] = {
                "changed": len(at), "to make": float(whole.mean()) if len(at) else None,
                "closed": float(made.sum() / whole.sum()) if len(at) else None,
                "auroc": auroc(there, after[:, column]),
            }  # fmt: skip
        made, whole, whose = (np.concatenate(part) for part in zip(*steps, strict=True))
        return {"closed": ratio_of_means(made, whole, whose), "by finding": found}

    def _there(self, name: str) -> np.ndarray:
        """Whether a finding is there at the follow-up, 1 or 0 (N,)."""
        told = self.measured.told
        findings = self.measured.pairs.findings
        return np.array([float(name in findings[i][pair.follow_up % STATES].present) for i, pair in enumerate(told)])

    def agreement(self, told_by: Sequence[Told], films: Tensor, rows: np.ndarray) -> Estimate:
        """Share of the changes told of films (R, 1, S, S) that go the way in which the judge's probability does."""
        change = self.seen(films) - self.before[rows]
        return agreement([signed(one) for one in told_by], change, self.judge.names, self.measured.patients[rows])

    def against_judge(self, told_by: Sequence[Told], films: Tensor, rows: np.ndarray, least: float) -> Estimate:
        """F1 of the changes told, up or down, against those in which the judge's probability changes by `least`."""
        judged = judged_changes(self.seen(films) - self.before[rows], self.judge.names, least, self.names)
        said = [frozenset((name, sign) for name, sign in signed(one) if name in self.names) for one in told_by]
        return f1_of_sets(said, judged, self.measured.patients[rows])


def _sign(changes: Told, name: str) -> int:
    """1 where there is more of a finding, -1 where less, 0 where it stays, or goes up on one side and down on the
    other."""
    signs = {sign for one, sign in signed(changes) if one == name}
    return signs.pop() if len(signs) == 1 else 0


def distances(measured: Measured, films: Tensor, rows: np.ndarray) -> dict[str, Any]:
    """Distance to the true follow-up as a share of the copied prior's: of pairs that were asked for a change, whole and
    where the truth changes, and of pairs that were not; and the share of the latter that stay bit for bit."""
    asked = measured.changed[rows]
    prior, truth, whose = measured.prior[rows], measured.truth[rows], measured.patients[rows]
    far, copied = l1(films, truth).numpy(), l1(prior, truth).numpy()
    there = truly_changed(prior, truth)[asked]
    touched = there.any((1, 2, 3))
    near, missed = (l1(x[asked][touched], truth[asked][touched], there[touched]).numpy() for x in (films, prior))
    alike = change_correlation(films[asked], truth[asked], prior[asked]).numpy()
    still = (films == prior).flatten(1).all(1).numpy()[~asked].astype(float)
    return {
        "changed": ratio_of_means(far[asked], copied[asked], whose[asked]),
        "where it changes": ratio_of_means(near, missed, whose[asked][touched.numpy()]),
        "correlation": known_mean(alike, whose[asked]), "grey levels": float(far[asked].mean()),
        "unchanged": ratio_of_means(far[~asked], copied[~asked], whose[~asked]) if len(still) else None,
        "bit for bit": mean_interval(still, whose[~asked]) if len(still) else None,
    }  # fmt: skip


def text_figures(texts: Sequence[str], measured: Measured, rows: np.ndarray) -> dict[str, Any]:
    """How true texts of rows are, by our reader against what is known, and how alike the true texts."""
    known = [known_changes(measured.changes[i]) for i in rows]
    said, patients = [read_changes(text) for text in texts], measured.patients[rows]
    wanted = [measured.texts[i] for i in rows]
    return {
        "findings": f1_of_sets([names(one) for one in said], [names(one) for one in known], patients),
        "changes": f1_of_sets(said, known, patients),
        "bleu3": bleu(texts, wanted),
        "meteor": float(np.mean([meteor(*pair) for pair in zip(texts, wanted, strict=True)])),
        "rouge_l": float(np.mean([rouge_l(*pair) for pair in zip(texts, wanted, strict=True)])),
    }  # fmt: skip


def template(changes: Sequence[Change]) -> str:
    """What is asked as a text by rules, always in the same words: what an editor without words can say."""
    wanted = [told(change) for change in changes if change.kind not in ("unchanged", "persistent")]
    return " ".join(wanted) or "No change."


def commonest(pairs: Sequence[Pair]) -> str:
    """The text that most of the pairs have."""
    return Counter(pair.text for pair in pairs).most_common(1)[0][0]


def nearest(prompts: Sequence[str], pairs: Sequence[Pair]) -> list[str]:
    """For each prompt the text of the pair whose prompt shares the most words with it, as a share of both."""
    bags = [frozenset(words_of(pair.prompt)) for pair in pairs]

    def likeness(one: frozenset[str], other: frozenset[str]) -> float:
        return len(one & other) / len(one | other) if one | other else 1.0

    asked = [frozenset(words_of(prompt)) for prompt in prompts]
    return [pairs[max(range(len(bags)), key=lambda i: likeness(bag, bags[i]))].text for bag in asked]
