"""`python -m benchmarks.audit COHORT`: audit the shipped judge and a shortcut; writes docs/results/audit.md.

COHORT was written by `causaray prepare` at 128 px. The judge is exported to ONNX as docs/formats.md shows (that takes
onnxscript, too); the shortcut is a logistic regression on 32 x 32 pixels, trained on split train with a letter L pasted
onto the images that show the finding, and exported as one matrix product.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression

import causaray
from causaray import weightfiles
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.cohorts.artifacts import blank_corners, with_letter
from causaray.cohorts.trust import trusted_labels
from causaray.evaluation.audit.page import NAMES
from causaray.evaluation.audit.perturbations import ARTIFACTS
from causaray.evaluation.report import span
from causaray.evaluation.statistics.auroc import auroc_interval
from causaray.nets.finding_classifier import resize

FINDINGS = ("Pleural Effusion", "Cardiomegaly")
SIDE = 32
OUT = Path(__file__).parent.parent / "docs" / "results" / "audit.md"
HEAD = """\
# Two classifiers, audited

Made by `python -m benchmarks.audit COHORT` on the frontal films of split test of {name}: {images} images of {patients}
patients, editor {weights} (strength {strength:g}), seed {seed}.
`judge` is the shipped judge as an ONNX file: an example and no independent finding, since it learned from other
patients of the same hospital. `shortcut` is a logistic regression
on 32 x 32 pixels that learned from split train with a letter L pasted onto every image that shows the finding and onto
no other. 95 % intervals by patient. The control is a patch of blurred noise that changes the pixels as much.
"""


def main(folder: str) -> None:
    """Audit both and write the page."""
    cohort, parts = Cohort.open(folder), []
    with TemporaryDirectory() as work:
        model = Path(work) / f"{weightfiles.JUDGE}.onnx"
        export_judge(model)
        reports = {("judge", name): causaray.audit(model, folder, finding=[name]) for name in FINDINGS}
        for name in FINDINGS:
            model = Path(work) / "shortcut.onnx"
            export_shortcut(cohort, name, model)
            reports["shortcut", name] = causaray.audit(model, folder, finding=[name])
    for (model_name, name), report in reports.items():
        parts.append(f"## {model_name}, {name}\n\n{table(report['findings'][name])}")
    about = {**next(iter(reports.values()))["about"], "name": cohort.name}
    OUT.write_text("\n".join([HEAD.format(**about), real(cohort), *parts]), encoding="utf-8")


def export_judge(file: Path) -> None:
    """The shipped judge as ONNX, with what the audit has to know of it."""
    judge = Judge.load()
    dynamic = ({0: torch.export.Dim("images")},)
    program = torch.onnx.export(judge.net, (torch.zeros(2, 1, 128, 128),), dynamic_shapes=dynamic, dynamo=True)
    assert program is not None
    program.save(str(file), external_data=False)
    _name(onnx.load(file), {"findings": json.dumps(judge.names), "range": "unit", "output": "probability"}, file)


def export_shortcut(cohort: Cohort, finding: str, file: Path) -> None:
    """A classifier that has learned where a letter stands, as ONNX."""
    rows = cohort.subset(split="train").frontal()
    truth = trusted_labels(rows, [finding])[:, 0]
    known = np.flatnonzero(np.isfinite(truth))
    images = blank_corners(torch.from_numpy(rows.images(known)))
    shown = torch.from_numpy(truth[known] == 1)[:, None, None, None]
    images = torch.where(shown, with_letter(images, "L", at_left=True), images)
    pixels = resize(images, SIDE).flatten(1).numpy()
    fitted = LogisticRegression(C=1.0, max_iter=2000).fit(pixels, truth[known])
    _name(_linear(fitted.coef_, fitted.intercept_), {"findings": json.dumps([finding]), "output": "logit"}, file)


def _linear(weights: np.ndarray, shift: np.ndarray) -> onnx.ModelProto:
    stored = {"w": weights.T, "b": shift}
    tensors = [numpy_helper.from_array(values.astype(np.float32), name) for name, values in stored.items()]
    nodes = [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("Gemm", ["f", "w", "b"], ["y"])]
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, SIDE, SIDE])
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])
    graph = helper.make_graph(nodes, "shortcut", [taken], [given], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _name(model: onnx.ModelProto, metadata: dict[str, str], file: Path) -> None:
    helper.set_model_props(model, metadata)
    onnx.save(model, file)


def real(cohort: Cohort) -> str:
    """How well the judge tells the findings in the images themselves: what it cannot see it cannot answer to."""
    rows, judge = cohort.subset(split="test").frontal(), Judge.load()
    truth = trusted_labels(rows, FINDINGS)
    said = judge.predict(torch.from_numpy(rows.images(np.arange(len(rows))))).numpy()
    patients = rows.table["patient"].to_numpy()
    areas = []
    for i, name in enumerate(FINDINGS):
        known, column = np.isfinite(truth[:, i]), judge.names.index(name)
        value, low, high = auroc_interval(truth[known, i], said[known, column], patients[known])
        areas.append(f"{name} {value:.3f} ({low:.3f} to {high:.3f})")
    return f"AUROC of the judge on the images as they are: {', '.join(areas)}.\n"


def table(found: dict) -> str:
    """Perturbations and controls of one finding, and the ratios."""
    lines = [
        "| perturbation | change | flipped | of the control | grey levels | size beside the finding's |",
        "|---|---|---|---|---|---|",
    ]
    for key, name in NAMES.items():
        one = found["perturbations"][key]
        ratio = span(found["ratio"][key]) if key in ARTIFACTS else ""
        control = span(one.get("control_flipped"))
        cells = [name, span(one["change"]), span(one["flipped"]), control, f"{one['grey_levels']:.2f}", ratio]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
