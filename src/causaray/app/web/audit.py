"""Audits over the web: a stranger's model in a process of its own, its images in memory, a job like any other."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from fastapi import FastAPI, Request, Response

from causaray.app.verbs.audit import trained_on
from causaray.app.web.audit_form import AuditForm, ModelForm
from causaray.app.web.described import REFUSALS, Responses
from causaray.app.web.form import read_form
from causaray.app.web.routes import AUDIT
from causaray.app.web.service import Service
from causaray.app.web.waiting import LINES, told_in_lines
from causaray.imagefiles import panel_png
from causaray.worker import Job
from causaray.writing import without_nan

if TYPE_CHECKING:
    from causaray.app.editing import EditingPipeline
    from causaray.evaluation.audit.cases import Case

NAME = "uploaded model"
ABOUT = """\
Lines of JSON: {"done", "total"} while it works; then {"report", "names", "worst"}, of which the report is audit.json of
docs/formats.md, the names are its perturbations in words, and the worst are, by finding, {"perturbation", "before",
"after", "images"} with PNG in base64 of before, after and difference; or {"error"}."""


def put_audit(app: FastAPI, service: Service) -> None:
    """Put the audit onto the application of the API."""
    arriving = app.state.models_arriving = asyncio.Semaphore(1)  # a model may be large, and is in memory from here on
    answers: Responses = {200: {"content": {LINES: {"schema": {"type": "string"}}}, "description": ABOUT}, **REFUSALS}

    asked_by = {"requestBody": AuditForm.described()}

    @app.post(AUDIT, summary="Audit a classifier.", openapi_extra=asked_by, responses=answers)
    async def audit(request: Request) -> Response:
        if service.full or arriving.locked():
            raise service.busy()
        async with arriving:
            form = await read_form(request, AuditForm)
        return await told_in_lines(partial(service.run, partial(audited, form, service)), service.ahead, request, dict)


def audited(form: AuditForm, service: Service, pipeline: "EditingPipeline", job: Job[dict[str, Any]]) -> dict[str, Any]:
    """The last line of the answer. Raises BadInput for a model or an image that is none, and Cancelled."""
    import torch

    from causaray.evaluation.audit.audit import run_audit
    from causaray.evaluation.audit.onnx_model import onnx_classifier
    from causaray.evaluation.audit.page import NAMES, page
    from causaray.evaluation.audit.verdict import told

    with onnx_classifier(form.model, NAME, form.stated) as classifier:
        scans = [service.read(image, service.size).pixels for image in form.image]
        asked = replace(classifier, run=_stepping(job, classifier.run))
        images = torch.from_numpy(np.stack(scans))[:, None]
        about = {"trained": trained_on(service.spec)}
        whose = np.arange(len(scans))
        made = run_audit(asked, pipeline.editor, images, whose, [form.finding], form.seed, about, job.tell)
    worst = {finding: [_told(case) for case in cases] for finding, cases in made.worst.items()}
    report = without_nan(made.report)
    verdict = {finding: told(finding, found) for finding, found in report["findings"].items()}
    html = page(report, made.worst)
    return {"report": report, "verdict": verdict, "names": NAMES, "worst": worst, "html": html}


def auditable(form: ModelForm, service: Service) -> list[str]:
    """The findings that a model and the editor both know. Raises BadInput where there is none, and for no model."""
    from causaray.evaluation.audit.audit import common
    from causaray.evaluation.audit.onnx_model import onnx_classifier

    with onnx_classifier(form.model, NAME, form.stated) as classifier:
        return list(common(classifier.interface.findings, service.names, ()))


def _stepping(job: Job, run: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """The model, which a cancelled job asks no further."""

    def step(images: np.ndarray) -> np.ndarray:
        job.step()
        return run(images)

    return step


def _told(case: "Case") -> dict[str, Any]:
    images = [base64.b64encode(panel_png(panel)).decode() for panel in case.panels()]
    said = {"before": round(case.said_before, 4), "after": round(case.said_after, 4)}
    return {"perturbation": case.perturbation, **said, "images": images}
