"""Fit what is typical of the training images of an editor, and measure what it flags.

`python -m causaray.evaluation.ood.fit COHORTS --weights FOLDER` writes typical.safetensors into the weights folder
and likeness.md.
"""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from causaray import __version__, weightfiles
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.evaluation.images.features import Extract, chest_encoder, features
from causaray.evaluation.ood.examples import UNUSUAL
from causaray.evaluation.ood.mahalanobis import KEPT, Typical
from causaray.evaluation.statistics.auroc import auroc_interval
from causaray.evaluation.statistics.bootstrap import mean_interval
from causaray.scan import LATERAL
from causaray.writing import make_folder, whole_file


@dataclass(frozen=True, eq=False)
class Seen:
    """Images by their distance (N,), and whose each is (N,)."""

    distance: np.ndarray
    patients: np.ndarray


def fitted(judge: Judge, cohorts: Mapping[str, Cohort]) -> Typical:
    """From the open frontal images of split train of each cohort; the limit from those of split val."""
    extract = chest_encoder(judge)
    parts = {split: [_features(extract, one, split) for one in cohorts.values()] for split in ("train", "val")}
    return Typical.fit(judge, parts["train"], np.concatenate(parts["val"]))


def measured(
    typical: Typical, known: Mapping[str, Cohort], strange: Mapping[str, Cohort], seed: int
) -> dict[str, Seen]:
    """Split test of the `known` cohorts, all frontal and all lateral images of the `strange` ones, and UNUSUAL ones
    made of the test images of the first known cohort, which all are compared with."""
    found = {f"{name}, test": _seen(typical, one.frontal().subset(split="test")) for name, one in known.items()}
    for name, one in strange.items():
        found[f"{name}, frontal"] = _seen(typical, one.frontal())
        found[f"{name}, lateral"] = _seen(typical, one.subset(mask=one.table["view"].to_numpy() == LATERAL))
    first = next(iter(known.values())).frontal().subset(split="test")
    images, patients = _images(first), first.table["patient"].to_numpy()
    for name, make in UNUSUAL.items():
        made = make(images, np.random.default_rng(seed))
        found[name] = Seen(typical.distance(features(typical.extract, made)), patients)
    return {name: one for name, one in found.items() if len(one.distance)}


def page(found: Mapping[str, Seen], limit: float, weights: str, command: str) -> str:
    """The results as Markdown."""
    reference, *_ = found
    rows = [_row(name, one, found[reference], limit) for name, one in found.items()]
    return f"""# Images unlike those an editor learned from

Made by `{command}`. Causaray {__version__}, weights {weights}.

Mahalanobis distance (one mean a training cohort, shared covariance) in the features of {weightfiles.JUDGE}, fitted on
the open images of split `train`; an image is flagged beyond {limit:.2f}, within which {KEPT:.0%} of those of split
`val` lie. (The judge itself has learned from `val`, so real images it has never seen may be flagged a little more often
than {1 - KEPT:.0%}.) 95 % intervals by drawing patients; AUROC against
the first row. Rows without a cohort's name are made of the images of the first row.

| images | n | flagged | AUROC |
|---|---|---|---|
{chr(10).join(rows)}
"""


def _row(name: str, one: Seen, reference: Seen, limit: float) -> str:
    flagged = mean_interval((one.distance > limit).astype(float), one.patients)
    truth = np.repeat([0, 1], [len(reference.distance), len(one.distance)])
    people = np.concatenate([[f"0 {p}" for p in reference.patients], [f"1 {p}" for p in one.patients]])
    area = auroc_interval(truth, np.concatenate([reference.distance, one.distance]), people)
    told = "-" if one is reference else _interval(*area)
    return (
        f"| {name} | {len(one.distance)} | {_interval(*(flagged[key] for key in ('value', 'low', 'high')))} | {told} |"
    )


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _seen(typical: Typical, cohort: Cohort) -> Seen:
    found = features(typical.extract, _images(cohort)) if len(cohort) else np.empty((0, typical.means.shape[1]))
    return Seen(typical.distance(found), cohort.table["patient"].to_numpy())


def _features(extract: Extract, cohort: Cohort, split: str) -> np.ndarray:
    return features(extract, _images(cohort.frontal().subset(split=split, open=True)))


def _images(cohort: Cohort) -> torch.Tensor:
    return torch.from_numpy(cohort.images(range(len(cohort))))


def main(
    cohorts: Annotated[list[Path], typer.Argument(help="What the editor learned from: folders written by `prepare`.")],
    weights: Annotated[str, typer.Option(help="The editor: a shipped name, or a weights folder.")],
    strange: Annotated[list[Path], typer.Option(help="Prepared cohorts that it has not learned from.")] = [],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Folder for likeness.md.")] = Path("docs/results"),
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Fit, measure, and write both files."""
    judge = Judge.load()
    known, others = ({one.name: Cohort.open(one) for one in some} for some in (cohorts, strange))
    folder = weightfiles.find(weights)
    typical = fitted(judge, known)
    typical.save(folder)
    make_folder(out)
    command = shlex.join(["python", "-m", "causaray.evaluation.ood.fit", *sys.argv[1:]])
    with whole_file(out / "likeness.md") as beside:
        beside.write_text(page(measured(typical, known, others, seed), typical.limit, folder.name, command), "utf-8")


if __name__ == "__main__":
    typer.run(main)
