"""The cohorts that the operator has named: what is in them, and what augmentation would add. No path is asked for."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query
from starlette.concurrency import run_in_threadpool

from causaray.app.web.cohorts_described import Cohorts, Examples
from causaray.app.web.described import REFUSALS, Responses
from causaray.app.web.orders import QUOTED
from causaray.app.web.routes import COHORT, EXAMPLES
from causaray.app.web.service import Service
from causaray.cohorts.cohort import Cohort
from causaray.cohorts.summary import examples, summary
from causaray.errors import BadInput
from causaray.findings import NAMES
from causaray.imagefiles import Panel, panel_png

MOST = 24
"""Examples of a finding."""


@dataclass(frozen=True)
class ServedCohort:
    """A prepared cohort that is shown."""

    cohort: Cohort

    @classmethod
    def open(cls, folder: str | Path) -> "ServedCohort":
        """Open a folder that `prepare` wrote. Raises BadInput when it holds none."""
        return cls(Cohort.open(folder))

    def facts(self, known: Sequence[str]) -> dict[str, Any]:
        """Counts, with what `augment` would make of them for weights that know these findings."""
        from causaray.evaluation.measures.longtail import terciles
        from causaray.experiments.augment import HEALTH, targets

        plan = targets(self.cohort.subset(split="train"), known)
        facts = summary(self.cohort)
        parts = terciles({one["name"]: one["training"] for one in facts["findings"] if one["name"] != HEALTH})
        part = {name: which for which, names in parts.items() for name in names} if facts["splits"].get("train") else {}
        for one in facts["findings"]:
            shown, target = plan.get(one["name"], (one["training"], one["training"]))
            one |= {"part": part.get(one["name"]), "augmented": one["training"] + target - shown}
        return facts

    def pictures(self, finding: str) -> list[str]:
        """Up to MOST images that show a finding, as PNG in base64. Raises BadInput for an unknown one."""
        if finding not in NAMES:
            raise BadInput(f'"{finding[:QUOTED]}" is no finding; the findings are {", ".join(NAMES)}.')
        images = examples(self.cohort, finding, MOST)
        return [base64.b64encode(panel_png(Panel(one, ""))).decode() for one in images]


def put_cohorts(app: FastAPI, service: Service, cohorts: Sequence[ServedCohort]) -> None:
    """Put them onto the application of the API."""
    few: Responses = {status: REFUSALS[status] for status in (401, 403, 422, 500)}

    @app.get(COHORT, summary="What the cohorts shown hold.", responses=few)
    async def cohort() -> Cohorts:
        facts = [await run_in_threadpool(one.facts, service.names) for one in cohorts]
        return Cohorts(weights=service.weights, cohorts=facts)

    @app.get(EXAMPLES, summary="Radiographs of a cohort that show a finding.", responses=few)
    async def shown(number: Annotated[int, Query(ge=0)], finding: str) -> Examples:
        if number >= len(cohorts):
            raise BadInput(f"There is no cohort {number}; {len(cohorts)} are shown.")
        return Examples(images=await run_in_threadpool(cohorts[number].pictures, finding))
