"""What the experiment found, as results.json, table.md and shift.png."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from causaray.evaluation.classification.calibration import ece, smooth_ece, top_class
from causaray.evaluation.classification.corruptions import CORRUPTIONS, STRENGTHS
from causaray.evaluation.classification.risk_coverage import aurc
from causaray.evaluation.report import span
from causaray.evaluation.statistics.auroc import auroc
from causaray.evaluation.statistics.bootstrap import Estimate, mean_interval
from causaray.experiments.results import markdown_table, write_results
from causaray.systems.ladine.train import Labelled
from causaray.writing import whole_file

Found = Sequence[Mapping[str, Any]]
"""What `experiment.seed_found` gives of each seed."""
TITLE = "LaDiNE: a classifier by diffusions of the label, under corruptions and attacks"
OURS = ("LaDiNE", "LaDiNE, logits")
AHEAD, CLOSE = 0.02, 0.005
"""What the issue asks for: accuracy above the ensemble's, and between the ECE of few steps and all."""
CALIBRATION: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {"ECE": ece, "smooth ECE": smooth_ece}
ATTACKS = ("none", "transfer", "end to end", "square")


def write_page(
    about: Mapping[str, Any], found: Found, test: Labelled, out: Path, note: Sequence[str] = ()
) -> Mapping[str, Any]:
    """Write what was found of one or more seeds on the rows of split test, and return it; `note` is about the data."""
    figures = {name: row_figures(name, found, test) for name in found[0]["shift"]}
    others = (ensemble_of(found), "ViT")
    differences = {name: {other: against(name, other, found, test) for other in others} for name in OURS}
    results = {
        "rows": figures, "accuracy under shift less that of": differences,
        "seeds": [{k: v for k, v in one.items() if k != "shift"} for one in found],
    }  # fmt: skip
    parts = (
        *([note] if note else []), _verdict(differences), _shift(figures), _kinds(found, test),
        ["![accuracy by kind and strength](shift.png)"], _attacks(found), _errors(figures), _sampling(found),
        _cost(found), NOT_REPRODUCED,
    )  # fmt: skip
    page = [line for part in parts for line in (*part, "")][:-1]
    write_results(out, TITLE, about, results, page)
    with whole_file(out / "shift.png") as beside:
        draw(found, test, beside)
    return results


def ensemble_of(found: Found) -> str:
    """The name of the deep ensemble among the rows."""
    return next(name for name in found[0]["shift"] if name.startswith("deep ensemble"))


def right(one: Mapping[str, Any], name: str, labels: np.ndarray) -> np.ndarray:
    """Whether a row is right, 1 or 0: (1 + 7 x 5, N) of one seed."""
    return ((one["shift"][name]["probability"] > 0.5) == (labels == 1)).astype(float)


def row_figures(name: str, found: Found, test: Labelled) -> dict[str, Any]:
    """The figures of a row: of clean images, and of all corruptions; each is a list over the seeds."""
    figures: dict[str, Any] = {}
    for where, chosen in (("clean", slice(0, 1)), ("shift", slice(1, None))):
        each: dict[str, list[float]] = {}
        for one in found:
            probability, width = (one["shift"][name][key][chosen] for key in ("probability", "width"))
            correct = right(one, name, test.labels)[chosen]
            figured = {"accuracy": float(correct.mean()), **_calibration(probability, test.labels)}
            confidence = np.maximum(probability, 1 - probability)
            figured["aurc"] = aurc(correct.ravel(), confidence.ravel())
            figured["errors by max-softmax"] = auroc(1 - correct.ravel(), -confidence.ravel())
            if np.isfinite(width).all():
                figured["errors by width"] = auroc(1 - correct.ravel(), width.ravel())
                figured["width where right"] = float(width[correct == 1].mean())
                figured["width where wrong"] = float(width[correct == 0].mean()) if (correct == 0).any() else np.nan
            for key, value in figured.items():
                each.setdefault(key, []).append(value)
        figures[where] = each
    by_patient = np.mean([right(one, name, test.labels)[1:].mean(0) for one in found], 0)
    figures["accuracy under shift"] = mean_interval(by_patient, test.patients)
    return figures


def _calibration(probability: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Of the likelier class; cells (c, N) of one kind of corruption are taken together, kinds are averaged."""
    kinds = probability.reshape(-1, min(len(probability), len(STRENGTHS)), len(labels))
    found = {}
    for name, measure in CALIBRATION.items():
        values = []
        for kind in kinds:
            present, truth = kind.ravel(), np.tile(labels, len(kind)).astype(int)
            values.append(measure(*top_class(truth, np.stack([1 - present, present], 1))))
        found[name] = float(np.mean(values))
    return found


def against(name: str, other: str, found: Found, test: Labelled) -> dict[str, Any]:
    """Mean accuracy under shift of a row less that of another, seeds averaged, with its interval by patient."""
    less = [(right(one, name, test.labels) - right(one, other, test.labels))[1:].mean(0) for one in found]
    return {"difference": mean_interval(np.mean(less, 0), test.patients), "seeds": [float(one.mean()) for one in less]}


def _verdict(differences: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = []
    for name, others in differences.items():
        for other, one in others.items():
            figure = one["difference"]
            shown = figure["value"] >= AHEAD and figure["low"] > 0
            lines.append(
                f"- {name} {'is' if shown else '**is not** shown to be'} {100 * AHEAD:.0f} points of mean accuracy "
                f"under corruption ahead of the {other}: {_points(figure)}, by seed "
                f"{', '.join(f'{100 * value:+.1f}' for value in one['seeds'])}."
            )
    return [
        "The ensemble has at least as many parameters as LaDiNE. Differences are of the same images, with 95 % "
        "intervals by patient; one is taken for shown where it is large enough and its interval above 0.",
        "",
        *lines,
    ]


def _points(figure: Estimate) -> str:
    value, low, high = (100 * figure[key] for key in ("value", "low", "high"))
    return f"{value:+.1f} points ({low:+.1f} to {high:+.1f})"


def _shift(figures: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, one in figures.items():
        accuracy = one["accuracy under shift"]
        cells = [_mean(one["clean"]["accuracy"], 3), _mean(one["clean"]["ECE"], 3)]
        cells += [span(accuracy)]
        cells += [_mean(one["shift"][key], 3) for key in CALIBRATION] + [_mean(one["shift"]["aurc"], 3)]
        rows.append([name, *cells])
    return [
        "## Under corruption",
        "",
        "Seven kinds at five strengths; every row has one temperature, found on split val. Mean over the seeds, in "
        "brackets each seed, or the 95 % interval by patient of the mean over seeds. ECE of the likelier class in ten "
        "bins of equal mass, the strengths of a kind together, averaged over kinds; AURC over all corrupted images. "
        "The paper's accuracies and ECE are not readable by us.",
        "",
        *markdown_table(
            ["", "clean accuracy", "clean ECE", "accuracy, corrupted", "ECE", "smooth ECE", "AURC"], rows
        ),
    ]  # fmt: skip


def _mean(values: Sequence[float], digits: int) -> str:
    each = ", ".join(f"{value:.{digits}f}" for value in values)
    return f"{np.mean(values):.{digits}f} ({each})" if len(values) > 1 else each


def _kinds(found: Found, test: Labelled) -> list[str]:
    rows = []
    for name in found[0]["shift"]:
        by_cell = np.mean([right(one, name, test.labels)[1:].mean(1) for one in found], 0)
        rows.append([name, *(f"{value:.3f}" for value in by_cell.reshape(-1, len(STRENGTHS)).mean(1))])
    return [
        "Accuracy by kind, the mean of the five strengths and of the seeds:",
        "",
        *markdown_table(["", *(kind.replace("_", " ") for kind in CORRUPTIONS)], rows),
    ]


def _attacks(found: Found) -> list[str]:
    rows = []
    for name in found[0]["attacks"]:
        values = [[float(np.mean(one["attacks"][name][attack])) for one in found] for attack in ATTACKS]
        rows.append([name, *(_mean(each, 2) for each in values)])
    return [
        "## Under attack",
        "",
        "Accuracy on the images that are attacked; above stands how. Transfer: APGD on the cross-entropy of the plain "
        "ViT's head, then shown to every row. That is how the paper attacks (its code gives the attack the transformer "
        "alone), so its robustness is to be read as this column. End to end: PGD through the row itself; for LaDiNE "
        "and CARD through every chain, with noise drawn anew for each gradient (EOT over all chains). Square asks for "
        "answers alone. A row that stands the first and not the others was never robust. MC dropout, the ViT of the "
        "first row, is not attacked.",
        "",
        *markdown_table(["", "not attacked", "transfer", "end to end", "Square"], rows),
    ]


def _errors(figures: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, one in figures.items():
        for where in ("clean", "shift"):
            each = one[where]
            if "errors by width" in each:
                keys = ("errors by width", "errors by max-softmax", "width where right", "width where wrong")
                rows.append(
                    [f"{name}, {'clean' if where == 'clean' else 'corrupted'}", *(_mean(each[k], 3) for k in keys)]
                )
    return [
        "## Does the width of the interval know errors?",
        "",
        "The prediction interval (PIW) reaches from the 2.5 % to the 97.5 % quantile of all drawn probabilities. AUROC "
        "of wrong against right answers by it, and by the largest probability.",
        "",
        *markdown_table(
            ["", "AUROC, width", "AUROC, max-softmax", "mean width, right", "mean width, wrong"], rows
        ),
    ]  # fmt: skip


def _sampling(found: Found) -> list[str]:
    rows = []
    for name, steps in found[0]["sampling"].items():
        few, many = steps
        gaps = [abs(one["sampling"][name][few]["ece"] - one["sampling"][name][many]["ece"]) for one in found]
        for count in steps:
            each = [[one["sampling"][name][count][key] for one in found] for key in ("accuracy", "ece", "ms")]
            rows.append([f"{name}, {count} steps", _mean(each[0], 3), _mean(each[1], 4), _mean(each[2], 1)])
        close = "within" if max(gaps) <= CLOSE else "**not within**"
        rows.append([f"{name}, difference", "", f"{_mean(gaps, 4)}: {close} {CLOSE}", ""])
    return [
        "## Few steps against all",
        "",
        "DDIM with few steps against ancestral sampling with all 1,000, on the clean images, chains alone, at the "
        "temperature of the few steps.",
        "",
        *markdown_table(["", "accuracy", "ECE", "ms an image"], rows),
    ]


def _cost(found: Found) -> list[str]:
    rows = [
        [name, f"{found[0]['parameters'][name]:,}", _mean([one["ms"][name] for one in found], 1),
         _mean([one["temperature"][name] for one in found], 2)]
        for name in found[0]["ms"]
    ]  # fmt: skip
    return [
        "## Cost",
        "",
        *markdown_table(["", "parameters", "ms an image, one thread", "temperature"], rows),
    ]


NOT_REPRODUCED = [
    "## What was not reproduced",
    "",
    "The paper's data (tuberculosis films and skin lesions at 224 px), its ViT-B/16 and its five members of 617 M "
    "weights in their first layer each. Its figures are in images and tables that are not readable by us. The "
    "corruptions are our own suite. Training is minutes, not hours: the rows are compared with each other, not with "
    "the best that such nets can do.",
]


def draw(found: Found, test: Labelled, path: Path) -> None:
    """Accuracy by strength, a panel a kind, the mean over seeds; strength 0 are the clean images."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 3.4), layout="constrained")
    panels = figure.subplots(1, len(CORRUPTIONS), sharey=True)
    for k, (panel, kind) in enumerate(zip(panels, CORRUPTIONS, strict=True)):
        for name in found[0]["shift"]:
            by_cell = np.mean([right(one, name, test.labels).mean(1) for one in found], 0)
            values = [by_cell[0], *by_cell[1 + k * len(STRENGTHS) : 1 + (k + 1) * len(STRENGTHS)]]
            panel.plot((0, *STRENGTHS), values, label=name, linewidth=2 if name in OURS else 1)
        panel.set_title(kind.replace("_", " "))
        panel.set_xlabel("strength")
    panels[0].set_ylabel("accuracy")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=8)
    figure.savefig(path, dpi=90, format="png")
