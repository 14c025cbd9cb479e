"""causaray evaluate, for weights of digits: figures and pictures of an editor on the digits that were held out."""

from pathlib import Path
from typing import Any

import numpy as np

from causaray import __version__, weightfiles
from causaray.cohorts.morphomnist import read_digits, split
from causaray.systems.causal_disentanglement.digits.attribute_editor import AttributeEditor
from causaray.systems.causal_disentanglement.digits.digit_judge import DigitJudge
from causaray.systems.causal_disentanglement.digits.evaluation_measures import measure
from causaray.systems.causal_disentanglement.digits.evaluation_results import write_results
from causaray.writing import make_folder


def evaluate_digits(
    weights: str | Path, data: Path, out: Path, *, limit: int | None = None, seed: int = 0, command: str = ""
) -> dict[str, Any]:
    """Measure `weights` on the held-out fifth of `data`; write metrics.json, results.md and grid.png into `out`.

    limit: at most so many digits. command: the command line, printed above the figures. Returns what metrics.json
    holds. Raises BadInput for data or weights that cannot be read.
    """
    editor, judge = AttributeEditor.load(weightfiles.find(weights)), DigitJudge.load()
    marginal, held_out = split(read_digits(data))
    held_out = held_out.take(np.arange(len(held_out))[:limit])
    make_folder(out)
    about = {
        "command": command, "version": __version__, "weights": editor.name, "digest": editor.digest,
        "judge": judge.digest, "digits": len(held_out), "seed": seed,
    }  # fmt: skip
    report = {"about": about, **measure(editor, judge, held_out, marginal, seed)}
    write_results(report, editor, held_out, out)
    return report
