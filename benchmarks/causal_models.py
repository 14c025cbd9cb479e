"""`python -m benchmarks.causal_models WORK COHORT...`: do learned causal models of phantoms do what they are asked?

Each COHORT was made by `causaray phantom` at 64 px, with or without a hidden relation, as for `reproduce
hidden-attributes`; WORK is the folder of that experiment, which takes the trainings from it. Writes
docs/results/causal-models.md.
"""

import sys
from pathlib import Path

from causaray.cohorts import Cohort
from causaray.methods.text_prior import load_prior
from causaray.reproduction.hidden_attributes import (
    EDITED,
    OBEYED,
    PATIENTS,
    VAE_STEPS,
    Bench,
    Matrix,
    causal_models,
    moved,
    obeyed,
)  # fmt: skip
from causaray.reproduction.planted import UNTOLD, held_out
from causaray.reproduction.readings import learned
from causaray.reproduction.written import markdown_table

PRIOR = "prior-phantom-64"
OUT = Path(__file__).parent.parent / "docs" / "results" / "causal-models.md"
HEAD = """\
# Learned causal models of phantoms

Made by `python -m benchmarks.causal_models WORK {cohorts}`: of {patients} held-out phantoms of each world, the change
of a read-out from an edit that removes a finding to one that shows it. The hierarchical conditional VAE has {steps}
updates; under predictors it has as many more. The world itself is the truth. All images pass the codec of {prior}.

{obeyed}
"""


def main(work: str, *folders: str) -> None:
    """Train what is not kept, measure, and write the page."""
    codec, matrices = load_prior(PRIOR).codec, list[Matrix]()
    net = learned(codec, Path(work))
    for folder in map(Path, folders):
        cohort = Cohort.open(folder)
        bench = Bench(held_out(cohort, PATIENTS), codec, net, Path(work))
        matrices += causal_models(cohort, bench, Path(work) / folder.name)
    names = " ".join(Path(folder).name for folder in folders)
    head = HEAD.format(cohorts=names, patients=PATIENTS, steps=VAE_STEPS, prior=PRIOR, obeyed=OBEYED)
    untold = [
        "",
        f"And of {UNTOLD.lower()}, of which they are told nothing (p against no change; planted in bold).",
        "",
    ]
    table = markdown_table(["world", "model", *EDITED], moved(matrices))
    OUT.write_text("\n".join([head, *obeyed(matrices), *untold, *table, ""]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
