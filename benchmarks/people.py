"""`python -m benchmarks.people COHORT WORK`: age, sex and view of phantoms changed by words.

COHORT was made by `causaray phantom` at 64 px; WORK keeps the read-outs. Writes docs/results/people.md.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.readouts import READOUTS, TOLD_OF, attributes, read
from causaray.cohorts import Cohort
from causaray.cohorts.phantom.cohort import phantoms
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.evaluation.images.distances import l1
from causaray.evaluation.statistics.bootstrap import mean_interval
from causaray.findings import Findings
from causaray.priors.language_editor import LanguageEditor
from causaray.systems.hidden_relations.readout_checks import checked, learned

PRIOR, IMAGES = "prior-phantom-64", 48
WORDS = {"Male": ("woman", "man"), "AP view": ("pa", "ap"), "Older than 55": ("30 year old", "80 year old")}
"""The read-out -> words of a patient who lacks it, and of one who has it. Captions tell an age with the sex."""
OUT = Path(__file__).parent.parent / "docs" / "results" / "people.md"
HEAD = """\
# Age, sex and view of phantoms, changed by words

Made by `python -m benchmarks.people COHORT WORK`: of split test at most {n} phantoms of either kind, each edited from
what it is to what it is not, on {prior}. Mean probability of the read-out of what is asked for, before and after, with
95 % intervals by patient; the largest mean change of any other read-out; mean absolute change in grey levels.

| editor | from | to | read-out | AUROC | before | after | most changed of the others | change |
|---|---|---|---|---|---|---|---|---|
"""


def main(folder: str, work: str) -> None:
    """Edit every kind both ways and write the page."""
    _, patients = next(phantoms(Cohort.open(folder).subset(split="test")))
    has, lines = attributes(patients.values), list[str]()
    editors = {kind: EditorSpec.of(PRIOR, kind).open() for kind in ("prism", "paired")}
    net = learned(editors["prism"].prior.codec, Path(work))
    areas = checked(net, editors["prism"].prior.codec)
    for kind, editor in editors.items():
        for name in TOLD_OF:
            column = READOUTS.index(name)
            for shown in (False, True):
                rows = np.flatnonzero(has[:, column] == shown)[:IMAGES]
                source, target = WORDS[name] if not shown else WORDS[name][::-1]
                images, men = patients.images[rows], torch.from_numpy(has[rows, READOUTS.index("Male")] > 0)
                made = images.clone()
                for sex, who in (("man", men), ("woman", ~men)):
                    texts = [f"{text} {sex}" if "year" in text else text for text in (source, target)]
                    made[who] = _edited(editor, images[who], *texts)
                row = _row(read(net, images), read(net, made), images, made, column)
                lines.append(f"| {kind} | {source} | {target} | {name} | {areas[name]['images']:.2f} | {row} |")
                print(lines[-1], flush=True)
    OUT.write_text(HEAD.format(n=IMAGES, prior=PRIOR) + "\n".join(lines) + "\n", encoding="utf-8")


def _edited(editor: LanguageEditor, images: Tensor, source: str, target: str) -> Tensor:
    made = [
        editor.edit(few, EditRequest(Findings(), captions=(source, target))).counterfactual
        for few in images.split(16)
        if len(few)
    ]
    return torch.cat(made) if made else images


def _row(before: np.ndarray, after: np.ndarray, images: Tensor, made: Tensor, column: int) -> str:
    people = np.arange(len(images))
    others = (after - before).mean(0)
    others[column] = 0
    most = int(np.abs(others).argmax())
    said = [mean_interval(of[:, column], people) for of in (before, after)]
    told = [f"{one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f})" for one in said]
    return " | ".join([*told, f"{READOUTS[most]} {others[most]:+.2f}", f"{l1(made, images).mean():.1f}"])


if __name__ == "__main__":
    main(*sys.argv[1:])
