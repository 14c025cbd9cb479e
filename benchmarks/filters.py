"""`python -m benchmarks.filters COHORT PRIOR ENCODER JUDGE FINDING...`: what PRISM's filters let through.

COHORT was prepared at the prior's size; of phantoms the true counterfactuals are filtered, too. Writes
docs/results/filters-<cohort>.md.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import truth
from causaray.cohorts.phantom.cohort import NAME as PHANTOM
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.evaluation.edits.by_editor import prompts
from causaray.evaluation.images.distances import l1
from causaray.evaluation.statistics.bootstrap import mean_interval, ratio_of_means
from causaray.findings import Findings, parse_prompt
from causaray.systems.prism.edit_filters import PUBLISHED, Filters
from causaray.systems.prism.filtered_prism import OWN, FilteredPrism

IMAGES = 32
OUT = Path(__file__).parent.parent / "docs" / "results"
HEAD = """\
# PRISM's filters on {cohort}

Made by `{command}`.

Of split test, for each of {findings} at most {images} images that lack it, to which it is added,
and as many that show it, from which it is taken; {edits} edits in all. Let through: the share, by our limits and by the
paper's. Gain: how far the judge's probability moves the way asked, and how often it moves that way at all. Change: mean
absolute difference from the image, in grey levels. Truth: distance to the true counterfactual as a share of the
untouched image's, of phantoms. 95 % intervals by patient.

| | let through | by the paper's limits | gain | moved as asked | change | truth |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Some:
    """Images (N, 1, S, S) after an edit of `before`, towards `request`, of whom; `true`, where it is known."""

    name: str
    before: Tensor
    after: Tensor
    request: Findings
    people: np.ndarray
    true: Tensor | None


def main(folder: str, prior: str, encoder: str, judge: str, *findings: str) -> None:
    """Measure and write the page."""
    cohort = Cohort.open(folder).subset(split="test").frontal()
    editor, reader = EditorSpec.of(prior, "prism", encoder).open(), Judge.load(judge)
    assert isinstance(editor, FilteredPrism)
    name = cohort.table["cohort"].iloc[0]
    edits = []
    for finding in findings:
        shown = cohort.labels([finding])[:, 0]
        for text, label in zip(prompts(name, finding), (0, 1), strict=True):
            rows = np.flatnonzero(shown == label)[:IMAGES]
            edits.append(_edits(cohort.subset(mask=np.isin(np.arange(len(cohort)), rows)), editor, parse_prompt(text)))
            print(f"{text}: {len(rows)} images", flush=True)
    lines = [_row(some, editor.filters, reader) for some in zip(*edits, strict=True)]
    said = " ".join([Path(prior).name, Path(encoder).name, judge, *(f'"{finding}"' for finding in findings)])
    head = HEAD.format(
        cohort=name, command=f"python -m benchmarks.filters COHORT {said}", findings=", ".join(findings).lower(),
        images=IMAGES, edits=sum(len(some[0].people) for some in edits),
    )  # fmt: skip
    (OUT / f"filters-{name}.md").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def _edits(cohort: Cohort, editor: FilteredPrism, request: Findings) -> list[Some]:
    """What the filters are shown of one request: edits of every hold, the best of them, the truth, and controls."""
    images, people = torch.from_numpy(cohort.images(np.arange(len(cohort)))), cohort.table["patient"].to_numpy()
    true = truth(cohort, request) if cohort.table["cohort"].iloc[0] == PHANTOM else None
    every = editor.every(images, EditRequest(request))
    best = editor.kept(images, request, every)
    made = {f"PRISM, own {own:g}": one.counterfactual for own, one in zip(OWN, every, strict=True)}
    made |= {"the best of five": best.counterfactual, "of these, let through": best.counterfactual}
    made |= {"no edit": images, "the best of five, of another patient": best.counterfactual.roll(1, 0)}
    made |= {} if true is None else {"the true counterfactual": true}
    some = {name: Some(name, images, after, request, people, true) for name, after in made.items()}
    some["of these, let through"] = _only(some["of these, let through"], best.scores.accepted)
    return list(some.values())


def _only(some: Some, rows: Tensor) -> Some:
    true = None if some.true is None else some.true[rows]
    return replace(some, before=some.before[rows], after=some.after[rows], people=some.people[rows.numpy()], true=true)


def _row(some: Sequence[Some], filters: Filters, judge: Judge) -> str:
    some, published = [one for one in some if len(one.people)], Filters(filters.references, PUBLISHED)

    def over(read: Callable[[Some], Tensor]) -> np.ndarray:
        return np.concatenate([read(one).float().numpy() for one in some])

    def through(kind: Filters) -> str:
        passed = over(lambda one: kind.scores(one.before, one.after, one.request).accepted)
        return _said(mean_interval(passed, people))

    def away(image: Callable[[Some], Tensor]) -> np.ndarray:
        """Distance of an image to the truth; to itself where nobody knows it."""
        return over(lambda one: l1(image(one), image(one) if one.true is None else one.true))

    people, gain = np.concatenate([one.people for one in some]), over(partial(_gain, judge=judge))
    cells = [through(filters), through(published), _said(mean_interval(gain, people)), f"{(gain > 0).mean():.2f}"]
    cells.append(f"{over(lambda one: l1(one.after, one.before)).mean():.1f}")
    nearer = ratio_of_means(away(lambda one: one.after), away(lambda one: one.before), people)
    cells.append("-" if some[0].true is None else _said(nearer))
    return f"| {some[0].name} | {' | '.join(cells)} |"


def _gain(one: Some, judge: Judge) -> Tensor:
    (finding,) = one.request
    sign, column = (1 if finding.state == "present" else -1), judge.names.index(finding.name)
    return sign * (judge.predict(one.after) - judge.predict(one.before))[:, column]


def _said(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.2f} ({figure['low']:.2f} to {figure['high']:.2f})"


if __name__ == "__main__":
    main(*sys.argv[1:])
