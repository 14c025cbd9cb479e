"""The audit itself: perturb radiographs, ask the classifier, measure what it answers to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from causaray import __version__
from causaray.editors.protocol import Editor
from causaray.errors import BadInput
from causaray.evaluation.audit import attribution
from causaray.evaluation.audit.cases import Case, worst
from causaray.evaluation.audit.classifier import Classifier
from causaray.evaluation.audit.measures import answers, measure
from causaray.evaluation.audit.perturbations import STRENGTH, artifacts, edits
from causaray.imagefiles import Panel

Progress = Callable[[int, int], None]
FEWEST = 2
"""Images: of one there is nothing to be drawn again."""


class Steps:
    """Counts what is done, and tells it."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self, more: int) -> None:
        self._done += more
        self._progress(self._done, self._total)


@dataclass(frozen=True)
class Audit:
    """`report` is what audit.json holds; by finding `worst` cases, and the pictures of `attributions`, where asked."""

    report: dict[str, Any]
    worst: dict[str, list[Case]]
    attributions: dict[str, list[list[Panel]]] = field(default_factory=dict)


def run_audit(
    classifier: Classifier,
    editor: Editor,
    images: Tensor,
    patients: np.ndarray,
    findings: Sequence[str] = (),
    seed: int = 0,
    about: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    attribute: bool = False,
) -> Audit:
    """Audit a classifier on images (N, 1, S, S) in [0, 1], at the editor's size, of `patients` (N,).

    findings: of those that classifier and editor both know, all of them when none is named. about: what else the report
    is to say of itself. progress: called with (steps done, steps in all); what it raises ends the audit. attribute:
    integrated gradients, too (`attribution`).

    Raises BadInput for findings that are not known to both, fewer than two images, outputs that are no answer, and
    attributions of a classifier that gives no gradients.
    """
    asked = common(classifier.interface.findings, editor.names, findings)
    if len(images) < FEWEST:
        raise BadInput(f"An audit needs at least {FEWEST} images, here is {len(images)}.")
    if attribute:
        attribution.check(classifier)
    steps = Steps(progress or (lambda done, total: None), (4 if attribute else 3) * len(images) * len(asked))
    beside, found, cases, pictures = artifacts(images, seed), {}, {}, {}
    of_artifacts = answers(classifier.predict, beside, seed)
    for finding, column in asked.items():
        own = edits(editor, images, finding, seed, steps)
        said, pairs = answers(classifier.predict, own, seed) | of_artifacts, own | beside
        found[finding] = measure(said, pairs, column, classifier.interface.threshold, patients)
        cases[finding] = list(worst(said, pairs, column))
        if attribute:
            gradients = attribution.attributed(classifier, images, own, column, patients, seed)
            found[finding]["attribution"], pictures[finding] = gradients.figures, gradients.rows
            steps(len(images))
    whole = _about(classifier, editor, seed) | {"size": images.shape[-1], "images": len(images)}
    whole |= {"patients": len(np.unique(patients)), **(about or {})}
    return Audit({"about": whole, "findings": found}, cases, pictures)


def _about(classifier: Classifier, editor: Editor, seed: int) -> dict[str, Any]:
    asked = classifier.interface
    return {
        "version": __version__, "model": classifier.name, "model_digest": classifier.digest, "range": asked.range,
        "output": asked.output, "threshold": asked.threshold, "weights": editor.name, "digest": editor.digest,
        "strength": STRENGTH, "seed": seed,
    }  # fmt: skip


def common(known: Sequence[str], editable: Sequence[str], findings: Sequence[str]) -> dict[str, int]:
    """The findings to be audited, by their names in the editor, with the classifier's column; upper case means nothing.

    Raises BadInput for one that either does not know, or when there is none in common.
    """
    columns = {name.lower(): i for i, name in enumerate(known)}
    both = {name: columns[name.lower()] for name in editable if name.lower() in columns and name != "No Finding"}
    if not both:
        raise BadInput(f"The editor shows none of the findings of the model ({', '.join(known)[:300]}).")
    spelled = {name.lower(): name for name in both}
    if strange := [name for name in findings if name.lower() not in spelled]:
        raise BadInput(f"{strange[0][:40]} cannot be audited; model and editor both know {', '.join(both)}.")
    return {spelled[name.lower()]: both[spelled[name.lower()]] for name in findings} or both
