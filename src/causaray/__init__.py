"""Causaray: counterfactual chest radiographs, with a measured statement of how far to trust them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from causaray.threads import wait_passively

if TYPE_CHECKING:
    from causaray.app.verbs.audit import audit
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
    from causaray.app.verbs.listen import listen
    from causaray.app.verbs.read_reports import read_reports
    from causaray.app.verbs.reading import reading_make, reading_score, reading_serve
    from causaray.app.verbs.send import send
    from causaray.app.verbs.serve import serve
    from causaray.app.verbs.train import train
    from causaray.app.verbs.traverse import traverse
    from causaray.app.verbs.weights import weights
    from causaray.cohorts.cohort import Cohort
    from causaray.cohorts.prepare import prepare
    from causaray.counterfactual import Counterfactual
    from causaray.errors import BadInput
    from causaray.evaluation.evaluate import evaluate
    from causaray.experiments.augment import augment
    from causaray.experiments.compare import compare
    from causaray.findings import Finding, Findings, parse_prompt
    from causaray.imagefiles import read_scan
    from causaray.reports.rules import read_report
    from causaray.scan import Scan
    from causaray.study import Study
    from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor

__version__ = "0.1.0"

wait_passively()  # here, as torch must not have been imported yet

# Imported when first asked for: torch and pandas take seconds, and most of what is asked needs neither.
_HOMES = {
    **{
        verb: f"causaray.app.verbs.{verb}"
        for verb in (
            *("audit", "classify", "deidentify", "demo", "distill", "draw", "edit", "finetune", "follow_up"),
            *("forecast", "generate", "info", "listen", "read_reports", "send", "serve", "train", "traverse"),
            "weights",
        )
    },
    **dict.fromkeys(("reading_make", "reading_serve", "reading_score"), "causaray.app.verbs.reading"),
    "augment": "causaray.experiments.augment",
    "compare": "causaray.experiments.compare",
    "evaluate": "causaray.evaluation.evaluate",
    "Cohort": "causaray.cohorts",
    "prepare": "causaray.cohorts",
    "Counterfactual": "causaray.counterfactual",
    "BadInput": "causaray.errors",
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
    "Counterfactual",
    "Finding",
    "Findings",
    "Scan",
    "Study",
    "audit",
    "augment",
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
    "generate",
    "info",
    "listen",
    "parse_prompt",
    "prepare",
    "read_report",
    "read_reports",
    "read_scan",
    "reading_make",
    "reading_score",
    "reading_serve",
    "send",
    "serve",
    "train",
    "traverse",
    "weights",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
