"""Causaray: counterfactual chest radiographs, with a measured statement of how far to trust them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from causaray.threads import wait_passively

if TYPE_CHECKING:
    from causaray.app.explainer import CounterfactualExplainer
    from causaray.app.verbs.audit import audit
    from causaray.app.verbs.batch import batch_augment, batch_classify, batch_draw, batch_edit, batch_evaluate
    from causaray.app.verbs.classify import classify
    from causaray.app.verbs.deidentify import deidentify
    from causaray.app.verbs.demo import demo
    from causaray.app.verbs.distill import distill
    from causaray.app.verbs.draw import draw
    from causaray.app.verbs.edit import edit
    from causaray.app.verbs.finetune import finetune
    from causaray.app.verbs.follow_up import follow_up
    from causaray.app.verbs.forecast import forecast
    from causaray.app.verbs.generate import generate
    from causaray.app.verbs.info import info
    from causaray.app.verbs.is_synthetic import is_synthetic
    from causaray.app.verbs.listen import listen
    from causaray.app.verbs.plan import plan
    from causaray.app.verbs.read_reports import read_reports
    from causaray.app.verbs.reading import reading_make, reading_score, reading_serve
    from causaray.app.verbs.send import send
    from causaray.app.verbs.serve import serve
    from causaray.app.verbs.train import train
    from causaray.app.verbs.traverse import traverse
    from causaray.app.verbs.weights import weights, weights_export, weights_fetch
    from causaray.cohorts.cohort import Cohort
    from causaray.cohorts.dataset import CohortDataset
    from causaray.cohorts.prepare import prepare
    from causaray.counterfactual import Counterfactual
    from causaray.errors import BadInput
    from causaray.evaluation.evaluate import evaluate
    from causaray.experiments.augment import augment
    from causaray.experiments.compare import compare
    from causaray.findings import Finding, Findings, parse_prompt
    from causaray.imagefiles import read_scan
    from causaray.ranges import from_range, to_range
    from causaray.reports.rules import read_report
    from causaray.scan import Scan
    from causaray.study import Study
    from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor

    __version__: str

wait_passively()  # here, as torch must not have been imported yet

# Imported when first asked for: torch and pandas take seconds, and most of what is asked needs neither.
_HOMES = {
    **{
        verb: f"causaray.app.verbs.{verb}"
        for verb in (
            *("audit", "classify", "deidentify", "demo", "distill", "draw", "edit", "finetune", "follow_up"),
            *("forecast", "generate", "info", "is_synthetic", "listen", "plan", "read_reports", "send", "serve"),
            *("train", "traverse", "weights"),
        )
    },
    **dict.fromkeys(("weights_export", "weights_fetch"), "causaray.app.verbs.weights"),
    **dict.fromkeys(("reading_make", "reading_serve", "reading_score"), "causaray.app.verbs.reading"),
    **dict.fromkeys(
        ("batch_augment", "batch_classify", "batch_draw", "batch_edit", "batch_evaluate"), "causaray.app.verbs.batch"
    ),
    "augment": "causaray.experiments.augment",
    "compare": "causaray.experiments.compare",
    "evaluate": "causaray.evaluation.evaluate",
    "Cohort": "causaray.cohorts",
    "prepare": "causaray.cohorts",
    "CohortDataset": "causaray.cohorts.dataset",
    "Counterfactual": "causaray.counterfactual",
    "CounterfactualExplainer": "causaray.app.explainer",
    "BadInput": "causaray.errors",
    **dict.fromkeys(("from_range", "to_range"), "causaray.ranges"),
    "Finding": "causaray.findings",
    "Findings": "causaray.findings",
    "parse_prompt": "causaray.findings",
    "read_report": "causaray.reports.rules",
    "read_scan": "causaray.imagefiles",
    "CausalDisentanglementEditor": "causaray.systems.causal_disentanglement.editor",
    "Scan": "causaray.scan",
    "Study": "causaray.study",
}

__all__ = [
    "BadInput",
    "CausalDisentanglementEditor",
    "Cohort",
    "CohortDataset",
    "Counterfactual",
    "CounterfactualExplainer",
    "Finding",
    "Findings",
    "Scan",
    "Study",
    "audit",
    "augment",
    "batch_augment",
    "batch_classify",
    "batch_draw",
    "batch_edit",
    "batch_evaluate",
    "classify",
    "compare",
    "deidentify",
    "demo",
    "distill",
    "draw",
    "edit",
    "evaluate",
    "finetune",
    "follow_up",
    "forecast",
    "from_range",
    "generate",
    "info",
    "is_synthetic",
    "listen",
    "parse_prompt",
    "plan",
    "prepare",
    "read_report",
    "read_reports",
    "read_scan",
    "reading_make",
    "reading_score",
    "reading_serve",
    "send",
    "serve",
    "to_range",
    "train",
    "traverse",
    "weights",
    "weights_export",
    "weights_fetch",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("causaray")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
