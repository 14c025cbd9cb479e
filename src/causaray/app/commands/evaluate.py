"""`causaray evaluate` on the command line."""

from functools import partial
from pathlib import Path
from typing import Any

from causaray import weightfiles
from causaray.app.commandline import of_verb
from causaray.app.terminal import command_line, progress_bar
from causaray.evaluation.suite import SUITES


@of_verb("causaray.evaluation.evaluate", weights=None, suite="all")
def evaluate(verb: partial[dict[str, Any]]) -> None:
    asked = verb.keywords
    weights, suite, out = asked["weights"], asked["suite"], asked["out"]
    if weights and _of_digits(weights):
        from causaray.systems.causal_disentanglement.digits.evaluate import evaluate_digits

        cohort, limit, seed = asked["cohorts"][0], asked["limit"], asked["seed"]
        evaluate_digits(weights, cohort, out, limit=limit, seed=seed, command=command_line())
        print(f"To read: {Path(out, 'results.md')}.")
        return
    with progress_bar("Evaluating") as progress:
        verb(
            weights=weights or (None if asked["edited"] else "cxr-128"),
            suite=SUITES if suite == "all" else suite.split(","),
            command=command_line(),
            progress=lambda what, done, total: progress(done, total, what),
        )
    print(f"To read: {Path(out, 'index.html')}. The same figures, with stable keys: {Path(out, 'metrics.json')}.")


def _of_digits(weights: str) -> bool:
    from causaray.errors import BadInput

    try:
        return weightfiles.config(weightfiles.find(weights)).get("method") == "attributes"
    except BadInput:
        return False  # said in one sentence by whoever needs them
